import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { histogramOf } from "@plumbline/metrics";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { plumbline, workshop, writeConfig } from "../commands.test-support.ts";
import { histogramSvg } from "./histogram-svg.ts";
import { histogramText } from "./histogram-text.ts";

let folder: string;
beforeAll(async () => {
  folder = await workshop();
  const trainer = { nSteps: 30, batchSize: 8 };
  for (const aligned of [false, true]) {
    const architecture = { name: "topk", k: 2, dSae: 16, aligned };
    const out = aligned ? "aligned" : "free";
    await plumbline(folder, ["train", await writeConfig(folder, { architecture, trainer, out })]);
  }
});

suite("plumbline alignment", () => {
  test("says scores, modes and leakage of all latents, and of living ones where it has activations", async () => {
    const { exitCode, out } = await plumbline(folder, ["alignment", "free"]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^free\/step-00000030 · all 16 latents\n/);
    expect(out).toMatch(/alignment score +0\.\d+/);
    expect(out).toMatch(/leakage +\d/);
    expect(out).toMatch(/Hartigan's dip +0\.\d+ +p /);
    expect(out).not.toContain("living");
    const living = await plumbline(folder, [
      "alignment",
      "free",
      "--activations",
      "store",
      "--tokens",
      "50",
      "--backend",
      "tfjs-cpu",
    ]);
    expect(living.out).toMatch(/\d+ living latents, of 50 tokens/);
  });

  test("finds every score of an aligned SAE at one, in JSON as in the picture", async () => {
    const { io } = await plumbline(folder, ["alignment", "aligned", "--json", "--svg", "a.svg"]);
    const [line] = io.lines() as unknown as [{ all: { score: { shareNearOne: object } } }];
    expect(line).toMatchObject({ type: "alignment-end", v: 1, sae: "aligned/step-00000030", nTokens: null });
    expect(line.all.score.shareNearOne).toEqual({ value: 1 });
    const svg = await readFile(join(folder, "a.svg"), "utf8");
    expect(svg.match(/<rect class="first"[^>]*><title>/g)).toHaveLength(1);
    expect(svg).toContain("0.975 … 1.025: 16");
    expect(svg).not.toMatch(/NaN|undefined|<script/);
  });
});

suite("histogramText()", () => {
  test("draws bars in eighths and leaves out empty ends", () => {
    const histogram = histogramOf([-9, 0.1, 0.1, 0.1, 0.1, 0.6, 9, 9], [-0.5, 0, 0.25, 0.5, 0.75, 1]);
    expect(histogramText(histogram, { width: 2 }).split("\n")).toEqual([
      "  below -0.500  1",
      "  0.000 …  0.250  ██ 4",
      "  0.250 …  0.500",
      "  0.500 …  0.750  ▌ 1",
      "  above 1.000  2",
    ]);
  });

  test("has nothing to draw of nothing", () => {
    expect(histogramText(histogramOf([], [0, 1]), { width: 10 })).toBe("");
  });
});

suite("histogramSvg()", () => {
  test("escapes what it is given", () => {
    const svg = histogramSvg([{ name: "<a&b>", histogram: histogramOf([0.5], [0, 1]) }], {
      title: 'say "x" < y',
      label: "l",
    });
    expect(svg).toContain("&lt;a&amp;b&gt;");
    expect(svg).toContain("say &quot;x&quot; &lt; y");
  });
});

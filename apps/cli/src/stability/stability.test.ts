import { rename } from "node:fs/promises";
import { join } from "node:path";
import { interruption } from "@plumbline/extract/terminal";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { plumbline, workshop, writeConfig } from "../commands.test-support.ts";

interface Line {
  readonly type: string;
  readonly seeds: readonly number[];
  readonly trained: Result;
  readonly start: Result | null;
}
interface Result {
  readonly nRuns: number;
  readonly all: {
    readonly decoder: { readonly matchedCosine: { readonly mean: { readonly value: number } } };
  };
  readonly alive?: object;
  readonly subspaces: readonly { readonly rank: number }[];
}

let folder: string;
beforeAll(async () => {
  folder = await workshop();
  const architecture = { name: "topk", k: 2, dSae: 16 };
  for (const seed of [0, 1, 2]) {
    const trainer = { nSteps: 20, batchSize: 8 };
    const config = await writeConfig(folder, { architecture, trainer, seed, out: `run-${seed}` });
    await plumbline(folder, ["train", config]);
  }
});

const stability = (...argv: string[]) => plumbline(folder, ["stability", ...argv, "--backend", "tfjs-cpu"]);
const lineOf = (io: { lines(): readonly unknown[] }): Line => io.lines().at(-1) as Line;

suite("plumbline stability", () => {
  test("compares runs of several seeds with each other and with how they began", async () => {
    const { exitCode, out, err } = await stability("run-0", "run-1", "run-2", "--activations", "store");
    expect([exitCode, err]).toEqual([0, expect.not.stringContaining("warning")]);
    expect(out).toMatch(/^stability · 3 SAEs, 3 pairs/);
    expect(out).toMatch(/ {2}all latents +living latents +at step 0\n/);
    expect(out).toMatch(/matched cosine \(PW-MCC\) +0\.\d+ ± 0\.\d+ +0\.\d+ ± 0\.\d+ +0\.\d+ ± 0\.\d+/);
  });

  test("gives the same in JSON, with seeds and definitions", async () => {
    const { io } = await stability("run-0", "run-1", "--json", "--rank", "4", "--centred");
    const line = lineOf(io);
    expect(line).toMatchObject({
      type: "stability-end",
      v: 1,
      seeds: [0, 1],
      definitions: { matchedCosine: "pw-mcc.signed@1" },
    });
    expect(line.trained).toMatchObject({ nRuns: 2, all: { decoderCentred: {} } });
    expect(line.trained.alive).toBeUndefined();
    expect(line.trained.subspaces.map(({ rank }) => rank)).toEqual([4]);
    const { value } = line.trained.all.decoder.matchedCosine.mean;
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(1);
  });

  test("finds an SAE equal to itself, and says nothing of a beginning that it cannot know", async () => {
    const same = "run-0/checkpoints/step-00000020";
    const { io, err } = await stability(same, same, "--json");
    expect(lineOf(io).trained.all.decoder.matchedCosine.mean.value).toBeCloseTo(1, 6);
    expect(lineOf(io).start).toBeNull();
    expect(err).toContain("nothing is said of step 0: a checkpoint does not know how its run began");
    expect((await stability(same, same, "--no-start")).err).not.toContain("step 0");
  });

  test("goes on without the store that the runs learned from", async () => {
    await rename(join(folder, "store"), join(folder, "elsewhere"));
    const { exitCode, err } = await stability("run-0", "run-1");
    await rename(join(folder, "elsewhere"), join(folder, "store"));
    expect(exitCode).toBe(0);
    expect(err).toContain("nothing is said of step 0");
  });

  test("needs two SAEs and a threshold that is a number", async () => {
    const one = await stability("run-0");
    expect([one.exitCode, one.err]).toEqual([2, expect.stringContaining("at least two dictionaries")]);
    const wide = await stability("run-0", "run-1", "--rank", "99");
    expect([wide.exitCode, wide.err]).toEqual([2, expect.stringContaining("a rank of 1 … 8, got 99")]);
    const stopped = await plumbline(folder, ["stability", "run-0", "run-1"], {
      signal: AbortSignal.abort(interruption("SIGINT")),
    });
    expect([stopped.exitCode, stopped.out]).toEqual([130, ""]);
    const bad = await stability("run-0", "run-1", "--threshold", "high");
    expect([bad.exitCode, bad.err]).toEqual([2, expect.stringContaining("Expected a number")]);
  });
});

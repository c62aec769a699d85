import { join } from "node:path";
import { loadInferenceForm, saveCheckpoint } from "@plumbline/checkpoints/node";
import { interruption, memoryIo } from "@plumbline/extract/terminal";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { plumbline, workshop, writeConfig } from "../commands.test-support.ts";
import { runCli } from "../run-cli.ts";
import { checkpointOf, dIn, twoRuns } from "./compare.test-support.ts";

let folder: string;
beforeAll(async () => {
  folder = await twoRuns();
});

const compare = (...argv: string[]) => plumbline(folder, ["compare", ...argv, "--backend", "tfjs-cpu"]);
const heldOut = ["--activations", "held-out"];

suite("plumbline compare refuses", () => {
  test("SAEs of different widths, and a store of another", async () => {
    const other = await workshop({ dIn: 5 });
    await plumbline(other, ["train", await writeConfig(other)]);
    const widths = await compare("run-a", join(other, "run"), ...heldOut);
    expect([widths.exitCode, widths.err, widths.out]).toEqual([
      3,
      expect.stringMatching(
        /expected two SAEs of one dIn, got 8 and 5\nwhere: .*run-a.*\nto do: compare SAEs of the same/,
      ),
      "",
    ]);
    const store = await compare("run-a", "run-b", "--activations", join(other, "store"));
    expect([store.exitCode, store.err]).toEqual([
      3,
      expect.stringContaining("takes activations of dIn 8, the store has 5"),
    ]);
  });

  test("more pairs than it may count before it reads a token, and says what that would take", async () => {
    const dSae = 50_000;
    const form = {
      ...(await loadInferenceForm(checkpointOf(folder, "run-a"))),
      dSae,
      encoder: new Float32Array(dSae * dIn),
      decoder: new Float32Array(dSae * dIn),
      encoderBias: new Float32Array(dSae),
    };
    await saveCheckpoint(join(folder, "huge"), { form });
    const { exitCode, err } = await compare("huge", "run-b", ...heldOut);
    expect(exitCode).toBe(2);
    // 4 bytes for each of 50,000 · 49,999 / 2 pairs are 4999.9 MB; what is needed beside is up to 70 MB.
    expect(err).toMatch(
      /error: \[cli\] compare: 50000 and 32 latents have too many pairs to count: .*at most maxBytes, 4295 MB, got 50\d\d MB for 1249975000 pairs\n.*\nto do: compare smaller SAEs/,
    );
  });

  test("a cosine that there is not, a single SAE, and missing activations", async () => {
    const bad = await compare("run-a", "run-b", ...heldOut, "--threshold", "7");
    expect([bad.exitCode, bad.err]).toEqual([2, expect.stringContaining("a cosine in -1 … 1, got 7")]);
    expect((await compare("run-a", ...heldOut)).exitCode).toBe(2);
    const missing = await compare("run-a", "run-b");
    expect([missing.exitCode, missing.err]).toEqual([
      2,
      expect.stringContaining("--activations <store>' not specified"),
    ]);
  });

  test.each([
    ["compare ·", "/5000 tok"],
    ["4096/5000 tok", "5000/5000 tok"],
    ["pairing latents", "one to one ·"],
  ])("to go on after a signal that arrives at %j", async (moment, later) => {
    const controller = new AbortController();
    const kept = memoryIo({ cwd: folder, signal: controller.signal });
    const write = (text: string): void => {
      kept.stderr.write(text);
      if (text.includes(moment)) controller.abort(interruption("SIGINT"));
    };
    // Time passes with every look at the clock, so that all progress is said.
    let now = 0;
    const clock = (): number => {
      now += 20_000;
      return now;
    };
    const argv = ["compare", "run-a", "run-b", ...heldOut, "--backend", "tfjs-cpu"];
    const exitCode = await runCli(argv, { ...kept, stderr: { write }, clock });
    expect([exitCode, kept.out()]).toEqual([130, ""]);
    expect(kept.err()).toContain(moment);
    expect(kept.err()).not.toContain(later);
    expect(kept.err()).toContain("stopped by SIGINT");
  });
});

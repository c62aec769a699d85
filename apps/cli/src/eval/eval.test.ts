import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { plumbline, workshop, writeConfig } from "../commands.test-support.ts";

let folder: string;
beforeAll(async () => {
  folder = await workshop();
  const architecture = { name: "topk", k: 2, dSae: 16, aligned: true };
  const trainer = { nTokens: 2000, batchSize: 8 };
  await plumbline(folder, ["train", await writeConfig(folder, { architecture, trainer })]);
});

const evaluate = (...argv: string[]) => plumbline(folder, ["eval", ...argv, "--backend", "tfjs-cpu"]);

suite("plumbline eval", () => {
  test("says the metrics as a table and names the tokens that they are of", async () => {
    const { exitCode, out, err } = await evaluate("run", "--activations", "store");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^step-00000250 · 200 tokens\n/);
    expect(out).toMatch(/explained variance +0\.[1-9]/);
    expect(out).toMatch(/L0 +2 /);
    expect(out).toMatch(/dead latents +\d+ +of 16, silent for 200 tokens/);
    expect(out).toMatch(/alignment score +1 /);
    expect(err).toMatch(/warning: these are the activations that it was trained on/);
  });

  test("with --json is one line, the same for a run and for its checkpoint", async () => {
    const run = await evaluate("run", "--activations", "store", "--json");
    expect(run.io.lines()).toHaveLength(1);
    expect(run.io.lines()[0]).toMatchObject({
      type: "eval-end",
      v: 1,
      metrics: { nTokens: 200, dSae: 16, sparsity: { l0: { mean: { value: 2 } } } },
    });
    const checkpoint = await evaluate("run/checkpoints/step-00000250", "--activations", "store", "--json");
    expect(checkpoint.out).toBe(run.out);
  });

  test("reads the first tokens only where asked, and every latent where asked", async () => {
    const { io } = await evaluate(
      "run",
      "--activations",
      "store",
      "--tokens",
      "50",
      "--json",
      "--per-latent",
    );
    const { metrics } = io.lines()[0] as unknown as {
      metrics: { nTokens: number; perLatent: { firings: number[] } };
    };
    expect(metrics.nTokens).toBe(50);
    expect(metrics.perLatent.firings.reduce((sum, count) => sum + count)).toBe(100);
  });

  test("agrees with the last line of the log where both see the same tokens", async () => {
    // The log's numbers are of one batch before its update: near, not equal.
    const lines = (await readFile(join(folder, "run", "metrics.ndjson"), "utf8")).trim().split("\n");
    const steps = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "step");
    const late = steps.slice(-5).map(({ metrics }) => metrics.explainedVariance as number);
    const { io } = await evaluate("run", "--activations", "store", "--json");
    const { metrics } = io.lines()[0] as unknown as {
      metrics: { reconstruction: { explainedVariance: { value: number } } };
    };
    const mean = late.reduce((sum, value) => sum + value) / late.length;
    expect(Math.abs(metrics.reconstruction.explainedVariance.value - mean)).toBeLessThan(0.15);
  });

  test("refuses what is no SAE, a store of another width, a missing flag", async () => {
    const store = await evaluate("store", "--activations", "store");
    expect([store.exitCode, store.err]).toEqual([
      3,
      expect.stringContaining("expected a run (run.json) or a checkpoint"),
    ]);
    const other = await workshop({ dIn: 5 });
    const width = await evaluate("run", "--activations", join(other, "store"));
    expect([width.exitCode, width.err]).toEqual([
      3,
      expect.stringContaining("takes activations of dIn 8, the store has 5"),
    ]);
    const missing = await evaluate("run");
    expect([missing.exitCode, missing.err]).toEqual([
      2,
      expect.stringContaining("--activations <store>' not specified"),
    ]);
  });
});

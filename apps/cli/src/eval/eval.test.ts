import { readdir, readFile } from "node:fs/promises";
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
    expect(out).toMatch(/^step-00000250 · 200 tokens · ranges are 95 % intervals by 13 blocks of tokens\n/);
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
    // A checkpoint by itself does not know its run's seed.
    expect(checkpoint.io.lines()).toEqual([{ ...run.io.lines()[0], seed: null }]);
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

  test("compares several SAEs in a table, and gives each a line", async () => {
    const saes = ["run", "run/checkpoints/step-00000250"];
    const { out } = await evaluate(...saes, "--activations", "store");
    expect(out).toMatch(/^eval · 200 tokens · ± is half of a 95 % interval/);
    expect(out).toMatch(/\n +run\/step-00000250 +step-00000250\n/);
    expect(out).toMatch(/explained variance +(0\.\d+ ± 0\.\d+) +\1\n/);
    const { io } = await evaluate(...saes, "--activations", "store", "--json");
    expect(io.lines()).toMatchObject([
      { sae: "run/step-00000250", seed: 0, activations: { firstToken: 0, nTokens: 200 } },
      { sae: "step-00000250", seed: null, definitions: { l0: "l0.non-zero@1" } },
    ]);
  });

  test("measures pairs of latents and what others print, where asked", async () => {
    const { out } = await evaluate("run", "--activations", "store", "--peers", "--cooccurrence");
    expect(out).toMatch(/mean \|φ\| +0\.\d+/);
    expect(out).toMatch(/explainedVarianceSaeLens618 +-?\d/);
    expect(out).toMatch(/largest φ +-?\d.*together on \d+ tokens/);
    const { io } = await evaluate("run", "--activations", "store", "--json");
    expect((io.lines()[0] as unknown as { metrics: object }).metrics).not.toHaveProperty("peers");
  });

  test("writes a core result of SAEBench", async () => {
    const { err } = await evaluate("run", "--activations", "store", "--saebench", "bench");
    expect(err).toContain("SAEBench core result");
    const [name = ""] = await readdir(join(folder, "bench"));
    expect(name).toMatch(/^plumbline_run_step-00000250_eval_results\.json$/);
    const result = JSON.parse(await readFile(join(folder, "bench", name), "utf8"));
    expect(result).toMatchObject({
      eval_type_id: "core",
      eval_result_metrics: { sparsity: { l0: 2 }, model_behavior_preservation: { kl_div_score: -1 } },
    });
    expect(result.eval_result_details).toHaveLength(16);
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
      expect.stringContaining("give --activations <store>, or --model <folder>"),
    ]);
  });
});

import { join } from "node:path";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { checkpointBytes, logLines, plumbline, workshop, writeConfig } from "../commands.test-support.ts";

let folder: string;
beforeAll(async () => {
  folder = await workshop();
});

const metaSae = { ratio: 0.5, k: 2, lambda2: 0.5, primarySteps: 3, metaSteps: 2 };

suite("plumbline train with metaSae", () => {
  test("trains both, and logs how easy rows are to rebuild", async () => {
    const { exitCode, err } = await plumbline(folder, [
      "train",
      await writeConfig(folder, { metaSae, out: "joint" }),
    ]);
    expect([exitCode, err]).toEqual([
      0,
      expect.stringContaining("meta SAE    batch-topk · 8 → 8 on the decoder rows"),
    ]);
    const steps = (await logLines(join(folder, "joint"))).filter(({ type }) => type === "step");
    for (const step of steps)
      expect(step).toMatchObject({
        losses: { rowPenalty: expect.any(Number) },
        metrics: { decomposability: expect.any(Number), metaExplainedVariance: expect.any(Number) },
      });
    const evaluated = await plumbline(folder, [
      "eval",
      "joint",
      "--activations",
      "store",
      "--backend",
      "tfjs-cpu",
    ]);
    expect(evaluated.exitCode).toBe(0);
  });

  test("goes on from a checkpoint to the bytes of the run that never stopped", async () => {
    const stop = new AbortController();
    const config = await writeConfig(folder, { metaSae, out: "stopped" });
    await plumbline(folder, ["train", config, "--json"], {
      signal: stop.signal,
      onOut: (text) => {
        if (text.includes('"type":"checkpoint-saved"')) stop.abort();
      },
    });
    const resumed = await plumbline(folder, ["train", "--resume", "stopped"]);
    expect([resumed.exitCode, resumed.err]).toEqual([
      0,
      expect.stringContaining("resuming stopped after step 4"),
    ]);
    expect(await checkpointBytes(join(folder, "stopped"), 12)).toEqual(
      await checkpointBytes(join(folder, "joint"), 12),
    );
  });

  test("is the run without a meta SAE where lambda2 is 0", async () => {
    await plumbline(folder, ["train", await writeConfig(folder, { out: "solo" })]);
    const config = await writeConfig(folder, { metaSae: { ...metaSae, lambda2: 0 }, out: "control" });
    await plumbline(folder, ["train", config]);
    const [solo, control] = await Promise.all(["solo", "control"].map((run) => logLines(join(folder, run))));
    const losses = (lines: readonly object[] | undefined) =>
      (lines ?? [])
        .filter((line) => (line as { type: string }).type === "step")
        .map((line) => (line as { loss: number }).loss);
    expect(losses(control)).toEqual(losses(solo));
  });

  test("takes lambda2 over training from schedules, and refuses it at two places", async () => {
    const { lambda2: _, ...rest } = metaSae;
    const lambda2 = { kind: "linear-warmup", to: 0.4 };
    const schedules = { lr: 0.01, lambda2 };
    const { exitCode } = await plumbline(folder, [
      "train",
      await writeConfig(folder, { metaSae: rest, schedules, out: "warmed" }),
    ]);
    expect(exitCode).toBe(0);
    const steps = (await logLines(join(folder, "warmed"))).filter(({ type }) => type === "step");
    const given = steps.map((step) => (step.schedule as { lambda2: number }).lambda2);
    expect(given).toEqual([...given].sort((a, b) => a - b));
    expect(given[0]).toBeLessThan(0.05);
    expect(given.at(-1)).toBeGreaterThan(0.35);
    const twice = await plumbline(folder, [
      "train",
      await writeConfig(folder, { metaSae, schedules, out: "no" }),
    ]);
    expect([twice.exitCode, twice.err]).toEqual([
      2,
      expect.stringContaining("lambda2 is given in metaSae and in schedules"),
    ]);
    const without = await plumbline(folder, ["train", await writeConfig(folder, { schedules, out: "no" })]);
    expect([without.exitCode, without.err]).toEqual([2, expect.stringContaining("lambda2")]);
  });

  test("takes an architecture of its own, and says where a key is wrong", async () => {
    const own = { ...metaSae, architecture: { name: "topk", k: 2, aligned: true } };
    const { err } = await plumbline(folder, [
      "train",
      await writeConfig(folder, { metaSae: own, out: "own" }),
    ]);
    expect(err).toContain("meta SAE    aligned");
    const wrong = { ...metaSae, architecture: { name: "topk", kk: 2 } };
    const refused = await plumbline(folder, [
      "train",
      await writeConfig(folder, { metaSae: wrong, out: "no" }),
    ]);
    expect([refused.exitCode, refused.err]).toEqual([2, expect.stringContaining("metaSae.architecture")]);
    const both = { ...metaSae, dictionarySize: 4 };
    const twice = await plumbline(folder, ["train", await writeConfig(folder, { metaSae: both, out: "no" })]);
    expect([twice.exitCode, twice.err]).toEqual([
      2,
      expect.stringContaining("one of dictionarySize and ratio"),
    ]);
  });
});

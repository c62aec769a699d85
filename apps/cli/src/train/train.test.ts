import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadInferenceForm } from "@plumbline/checkpoints/node";
import { alignmentScores } from "@plumbline/metrics";
import { beforeEach, expect, describe as suite, test } from "vitest";
import {
  checkpointBytes,
  checkpointFiles,
  logLines,
  plumbline,
  toyConfig,
  workshop,
  writeConfig,
} from "../commands.test-support.ts";

let folder: string;
beforeEach(async () => {
  folder = await workshop();
});

suite("plumbline train", () => {
  test("writes record, configuration, log and the newest checkpoints", async () => {
    const { exitCode, err } = await plumbline(folder, ["train", await writeConfig(folder)]);
    expect(err).toContain("run · topk · 8 → 16 · 96 tokens in 12 steps");
    expect(exitCode).toBe(0);
    expect((await readdir(join(folder, "run"))).sort()).toEqual([
      "checkpoints",
      "config.json",
      "metrics.ndjson",
      "run.json",
    ]);
    const checkpoints = join(folder, "run", "checkpoints");
    expect((await readdir(checkpoints)).sort()).toEqual(["latest", "step-00000008", "step-00000012"]);
    expect(await readFile(join(checkpoints, "latest"), "utf8")).toBe("step-00000012\n");
    expect((await readdir(join(checkpoints, "step-00000012"))).sort()).toEqual(checkpointFiles);
    const record = JSON.parse(await readFile(join(folder, "run", "run.json"), "utf8"));
    expect(record).toMatchObject({
      status: "completed",
      dIn: 8,
      dSae: 16,
      nSteps: 12,
      backend: { name: "tfjs-cpu" },
    });
  });

  test("names no absolute path in anything that it writes", async () => {
    await plumbline(folder, ["train", await writeConfig(folder)]);
    const names = await readdir(join(folder, "run"), { recursive: true });
    for (const name of names.filter((entry) => /\.(json|ndjson)$|latest$/.test(entry))) {
      expect(await readFile(join(folder, "run", name), "utf8"), name).not.toContain(folder);
    }
  });

  test("with --json prints the lines of the log", async () => {
    const { io } = await plumbline(folder, ["train", await writeConfig(folder), "--json"]);
    expect(io.lines()).toEqual(await logLines(join(folder, "run")));
    expect(io.lines().every(({ v }) => v === 1)).toBe(true);
    expect(io.lines().map(({ type }) => type)).toEqual([
      "run-start",
      "step",
      "step",
      "checkpoint-saved",
      "step",
      "checkpoint-saved",
      "step",
      "step",
      "checkpoint-saved",
      "run-end",
    ]);
    expect(io.lines()[0]).toMatchObject({
      run: "run",
      config: { architecture: { k: 2, auxkCoefficient: 0 } },
    });
  });

  test("aligned: true fixes every alignment score at one", async () => {
    const architecture = { name: "topk", k: 2, dSae: 16, aligned: true };
    await plumbline(folder, ["train", await writeConfig(folder, { architecture })]);
    const form = await loadInferenceForm(join(folder, "run", "checkpoints", "step-00000012"));
    for (const score of alignmentScores(form)) expect(score).toBeCloseTo(1, 5);
  });

  test("two runs with one seed are equal byte for byte, another seed differs", async () => {
    const config = await writeConfig(folder);
    await plumbline(folder, ["train", config, "--out", "a"]);
    await plumbline(folder, ["train", config, "--out", "deeper/b"]);
    await plumbline(folder, ["train", config, "--out", "c", "--seed", "1"]);
    expect(await checkpointBytes(join(folder, "deeper/b"), 12)).toEqual(
      await checkpointBytes(join(folder, "a"), 12),
    );
    expect(await checkpointBytes(join(folder, "c"), 12)).not.toEqual(
      await checkpointBytes(join(folder, "a"), 12),
    );
  });

  test("supplies the scalars that an architecture needs from schedules", async () => {
    const architecture = { name: "relu", dSae: 16 };
    const missing = await plumbline(folder, ["train", await writeConfig(folder, { architecture })]);
    expect(missing.exitCode).toBe(2);
    expect(missing.err).toMatch(/"relu" needs sparsityCoefficient/);
    const schedules = { lr: 0.01, sparsityCoefficient: { kind: "linear-warmup", to: 0.1 } };
    const { exitCode } = await plumbline(folder, [
      "train",
      await writeConfig(folder, { architecture, schedules }),
    ]);
    expect(exitCode).toBe(0);
  });

  test("trains an architecture, and on a backend, from a plugin", async () => {
    const plugins = [fileURLToPath(new URL("./plugin.test-support.ts", import.meta.url))];
    const architecture = { name: "first-few", dSae: 16, few: 3, aligned: true };
    const config = await writeConfig(folder, { plugins, architecture, backend: "plugin-cpu" });
    expect(await plumbline(folder, ["train", config])).toMatchObject({ exitCode: 0 });
    const { madeBy } = await loadInferenceForm(join(folder, "run", "checkpoints", "step-00000012"));
    expect(madeBy.config).toMatchObject({ architecture: { name: "first-few", config: { few: 3 } } });
    const kept = JSON.parse(await readFile(join(folder, "run", "config.json"), "utf8"));
    expect(kept.plugins[0]).toMatch(/^\.\.\/.*plugin\.test-support\.ts$/);
  });

  test("refuses a plugin that takes a name which is taken", async () => {
    await writeFile(
      join(folder, "p.mjs"),
      "export default { backends: [{ specVersion: 1, name: 'tfjs-cpu' }] };",
    );
    const { exitCode, err } = await plumbline(folder, [
      "train",
      await writeConfig(folder, { plugins: ["./p.mjs"] }),
    ]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('two backends are named "tfjs-cpu"')]);
  });
});

suite("plumbline train --dry-run", () => {
  test("says time, memory and disk, and writes nothing", async () => {
    const { exitCode, out } = await plumbline(folder, ["train", await writeConfig(folder), "--dry-run"]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/first step.*\nall steps.*12 steps\nmemory.*\ndisk.*\nwould write {2}run/);
    expect((await readdir(folder)).sort()).toEqual(["c.json", "store"]);
  });
});

suite("the configuration of a run", () => {
  test("file, --set and flags win in this order, and what won is kept", async () => {
    const config = await writeConfig(folder, { seed: 1 });
    await plumbline(folder, [
      "train",
      config,
      "--set",
      "seed=2",
      "--set",
      "trainer.nSteps=3",
      "--max-tokens",
      "16",
    ]);
    const kept = JSON.parse(await readFile(join(folder, "run", "config.json"), "utf8"));
    expect(kept).toMatchObject({ seed: 2, trainer: { nTokens: 16, batchSize: 8 } });
    expect(kept.trainer.nSteps).toBeUndefined();
    expect(kept.activations.store).toBe("../store");
  });

  test("is a configuration itself: it trains the same SAE", async () => {
    await plumbline(folder, ["train", await writeConfig(folder)]);
    const { exitCode } = await plumbline(folder, ["train", "run/config.json", "--out", "again"]);
    expect(exitCode).toBe(0);
    expect(await checkpointBytes(join(folder, "again"), 12)).toEqual(
      await checkpointBytes(join(folder, "run"), 12),
    );
  });

  test("may be a module", async () => {
    await writeFile(join(folder, "c.mjs"), `export default ${JSON.stringify(toyConfig())};`);
    expect((await plumbline(folder, ["train", "c.mjs"])).exitCode).toBe(0);
  });

  test("without out names the run after what it trains", async () => {
    const config = await writeConfig(folder, { out: undefined, seed: 7 });
    await plumbline(folder, ["train", config]);
    expect(await readdir(join(folder, "runs"))).toEqual(["topk-16-s7"]);
  });
});

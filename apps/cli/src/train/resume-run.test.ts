import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { interruption } from "@plumbline/extract/terminal";
import { beforeEach, expect, describe as suite, test } from "vitest";
import {
  checkpointBytes,
  type LogLine,
  logLines,
  plumbline,
  workshop,
  writeConfig,
} from "../commands.test-support.ts";

let folder: string;
beforeEach(async () => {
  folder = await workshop();
});

/** Options that ask for an end, as Ctrl-C does, as soon as the given step is reported. */
function stopAt(step: number) {
  const controller = new AbortController();
  const onOut = (text: string): void => {
    if (text.includes(`"step":${step},`)) controller.abort(interruption("SIGINT"));
  };
  return { signal: controller.signal, onOut };
}

suite("plumbline train --resume", () => {
  test("ends with the bytes of a run that never stopped, and a log without seam", async () => {
    const config = await writeConfig(folder, { trainer: { nSteps: 40, batchSize: 8, logEvery: 3 } });
    await plumbline(folder, ["train", config, "--out", "whole"]);
    const stopped = await plumbline(folder, ["train", config, "--json"], stopAt(9));
    expect(stopped.exitCode).toBe(130);
    expect(stopped.err).toContain("plumbline train --resume run");
    const record = JSON.parse(await readFile(join(folder, "run", "run.json"), "utf8"));
    expect(record.status).toBe("interrupted");
    expect((await logLines(join(folder, "run"))).at(-1)).toMatchObject({
      type: "run-end",
      status: "interrupted",
    });

    const resumed = await plumbline(folder, ["train", "--resume", "run", "--json"]);
    expect(resumed.exitCode).toBe(0);
    expect(await checkpointBytes(join(folder, "run"), 40)).toEqual(
      await checkpointBytes(join(folder, "whole"), 40),
    );
    const steps = (lines: readonly LogLine[]) =>
      lines.filter(({ type }) => type === "step").map(({ perf: _, ...line }) => line);
    expect(steps(await logLines(join(folder, "run")))).toEqual(steps(await logLines(join(folder, "whole"))));
    expect(
      (await logLines(join(folder, "run"))).filter(({ type }) => type === "run-start" || type === "run-end"),
    ).toHaveLength(2);
  });

  test("starts from the beginning where there is no checkpoint yet", async () => {
    const config = await writeConfig(folder);
    await plumbline(folder, ["train", config, "--out", "whole"]);
    expect((await plumbline(folder, ["train", config, "--json"], stopAt(0))).exitCode).toBe(130);
    await rm(join(folder, "run", "checkpoints"), { recursive: true });
    await plumbline(folder, ["train", "--resume", "run"]);
    expect(await checkpointBytes(join(folder, "run"), 12)).toEqual(
      await checkpointBytes(join(folder, "whole"), 12),
    );
    const starts = (await logLines(join(folder, "run"))).filter(({ type }) => type === "run-start");
    expect(starts).toHaveLength(1);
  });

  test("passes over a damaged checkpoint, with a warning, and cleans up what a kill left", async () => {
    const config = await writeConfig(folder, { checkpoints: { everySteps: 4, keep: 9 } });
    await plumbline(folder, ["train", config]);
    const whole = await checkpointBytes(join(folder, "run"), 12);
    const checkpoints = join(folder, "run", "checkpoints");
    await writeFile(join(checkpoints, "step-00000012", "trainer.safetensors"), "damaged");
    await mkdir(join(checkpoints, "step-00000016.partial-1234"));
    const record = join(folder, "run", "run.json");
    await writeFile(record, (await readFile(record, "utf8")).replace('"completed"', '"running"'));
    const { exitCode, err } = await plumbline(folder, ["train", "--resume", "run"]);
    expect(err).toMatch(/warning: checkpoint step-00000012 is damaged/);
    expect(exitCode).toBe(0);
    expect(await checkpointBytes(join(folder, "run"), 12)).toEqual(whole);
    expect(await readdir(checkpoints)).not.toContain("step-00000016.partial-1234");
  });

  test("refuses a complete run, changed settings, another backend, another store", async () => {
    const config = await writeConfig(folder);
    await plumbline(folder, ["train", config]);
    const record = join(folder, "run", "run.json");
    const refused = async (...argv: string[]) => {
      const { exitCode, err } = await plumbline(folder, ["train", "--resume", "run", ...argv]);
      return `${exitCode} ${err.split("\n")[0]}`;
    };
    expect(await refused()).toMatch(/^2 .*complete after 12 steps/);
    await writeFile(record, (await readFile(record, "utf8")).replace('"completed"', '"failed"'));
    expect(await refused("--seed", "5")).toMatch(/^2 .*\(seed: 0 → 5\)/);
    expect(await refused("--set", "architecture.k=3")).toMatch(/^2 .*architecture.k: 2 → 3/);
    expect(await refused("--backend", "tfjs-wasm")).toMatch(/^2 .*the run is on tfjs-cpu/);
    expect(await refused("--out", "elsewhere")).toMatch(/^2 .*--out is another folder/);
    const other = await workshop({ dIn: 9 });
    expect(await refused("--activations", join(other, "store"))).toMatch(
      /^3 .*not those that the run learned from/,
    );
    expect(await refused("--set", "trainer.logEvery=1", "--set", "checkpoints.keep=5")).toMatch(/^0 /);
  });

  test("refuses a path that is no run", async () => {
    const { exitCode, err } = await plumbline(folder, ["train", "--resume", "store"]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining("expected a run with run.json")]);
  });
});

import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createActivationMemory } from "@plumbline/activation-store";
import { writeActivationStore } from "@plumbline/activation-store/node";
import { createRandom, fillNormal } from "@plumbline/core";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { buildCli, type CliProgram } from "./cli-program.ts";

let program: CliProgram;
let cwd: string;
/** of the uninterrupted run, from start to end */
let wholeMs = 0;

/** Many short steps and a checkpoint every few of them, so that kills hit every stage; clipping on, so that order matters. */
const config = {
  architecture: { name: "topk", k: 3, dSae: 32, aligned: true },
  activations: { store: "store" },
  trainer: { nSteps: 120, batchSize: 16, clipNorm: 0.05, logEvery: 2 },
  schedules: { lr: { kind: "warmup-decay", peak: 0.01, warmupSteps: 20, decayFraction: 0.3 } },
  checkpoints: { everySteps: 3, keep: 2 },
  backend: "tfjs-cpu",
};

beforeAll(async () => {
  program = await buildCli();
  cwd = await mkdtemp(join(tmpdir(), "plumbline-kill-"));
  const rows = fillNormal(new Float32Array(300 * 12), createRandom(2));
  await writeActivationStore(join(cwd, "store"), createActivationMemory({ dIn: 12, rows }));
  await writeFile(join(cwd, "c.json"), JSON.stringify(config));
  const start = performance.now();
  expect(await program.run(["train", "c.json", "--out", "whole"], { cwd })).toMatchObject({ exitCode: 0 });
  wholeMs = performance.now() - start;
});

afterAll(async () => {
  await program.remove();
  await rm(cwd, { recursive: true });
});

const finished = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once("close", (exitCode) => resolve(exitCode)));

/** All bytes of the last checkpoint, by file. */
async function lastCheckpoint(run: string): Promise<Record<string, string>> {
  const folder = join(cwd, run, "checkpoints", "step-00000120");
  const names = await readdir(folder);
  const entries = names.map(async (name) => [name, (await readFile(join(folder, name))).toString("base64")]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Lines of the log without what is never the same twice. */
async function logOf(run: string): Promise<unknown[]> {
  const text = await readFile(join(cwd, run, "metrics.ndjson"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map(({ perf: _, ...line }) => (line.type === "run-start" ? { type: line.type } : line));
}

async function statusOf(run: string): Promise<string> {
  return JSON.parse(await readFile(join(cwd, run, "run.json"), "utf8")).status;
}

async function expectSameAsWhole(run: string): Promise<void> {
  expect(await lastCheckpoint(run)).toEqual(await lastCheckpoint("whole"));
  expect(await statusOf(run)).toBe("completed");
  const names = await readdir(join(cwd, run), { recursive: true });
  expect(names.filter((name) => /partial|lock|diverged/.test(name))).toEqual([]);
}

suite("a training process", () => {
  test.each([1, 2, 3])("killed at random moments (%i) and resumed ends as if never stopped", async (seed) => {
    const run = `killed-${seed}`;
    const random = createRandom(seed).stream("kill");
    let kills = 0;
    for (let attempt = 0; attempt < 40; attempt++) {
      const begun = existsSync(join(cwd, run, "run.json"));
      // A kill may come after the run has said that it is complete.
      if (begun && (await statusOf(run)) === "completed") break;
      const argv = begun ? ["train", "--resume", run] : ["train", "c.json", "--out", run];
      const child = program.start(argv, { cwd });
      const end = finished(child);
      const timer =
        attempt < 6 ? wait(random.uniform() * wholeMs).then(() => child.kill("SIGKILL")) : undefined;
      const exitCode = await end;
      await timer;
      if (exitCode === 0) break;
      expect(exitCode, "killed, not failed").toBeNull();
      kills++;
    }
    expect(kills).toBeGreaterThan(0);
    await expectSameAsWhole(run);
    expect(await logOf(run)).toEqual(await logOf("whole"));
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("stopped by %s saves, exits with %i and resumes exactly", async (signal, expected) => {
    const run = `stopped-${signal}`;
    const child = program.start(["train", "c.json", "--out", run, "--json"], { cwd });
    child.stdout?.on("data", (text: Buffer) => {
      if (text.includes('"step":10,')) child.kill(signal);
    });
    expect(await finished(child)).toBe(expected);
    const log = (await logOf(run)) as { type: string; status?: string; step: number }[];
    const [saved, last] = log.slice(-2);
    expect(last).toMatchObject({ type: "run-end", status: "interrupted" });
    expect(saved).toMatchObject({ type: "checkpoint-saved", step: last?.step });
    expect(last?.step).toBeLessThan(120);
    expect(await program.run(["train", "--resume", run], { cwd })).toMatchObject({ exitCode: 0 });
    await expectSameAsWhole(run);
  });

  test("asked twice to stop ends at once, and resumes exactly all the same", async () => {
    const child = program.start(["train", "c.json", "--out", "twice", "--json"], { cwd });
    child.stdout?.once("data", () => {
      child.kill("SIGINT");
      child.kill("SIGTERM");
      child.kill("SIGINT");
    });
    expect([130, 143]).toContain(await finished(child));
    expect(await program.run(["train", "--resume", "twice"], { cwd })).toMatchObject({ exitCode: 0 });
    await expectSameAsWhole("twice");
  });

  test("is not joined by a second one in the same run", async () => {
    const child = program.start(["train", "c.json", "--out", "shared", "--json"], { cwd });
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill("SIGSTOP");
    const { exitCode, err } = await program.run(["train", "--resume", "shared"], { cwd });
    child.kill("SIGCONT");
    expect([exitCode, err]).toEqual([2, expect.stringContaining("is writing this run")]);
    expect(await finished(child)).toBe(0);
    await expectSameAsWhole("shared");
  });
});

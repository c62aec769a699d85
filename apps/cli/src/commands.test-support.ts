import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createActivationMemory } from "@plumbline/activation-store";
import { writeActivationStore } from "@plumbline/activation-store/node";
import { createRandom, fillNormal } from "@plumbline/core";
import { type MemoryIo, memoryIo } from "@plumbline/extract/terminal";
import { runCli } from "./run-cli.ts";

/** A folder of its own with a store of 200 rows of width 8 in it. */
export async function workshop(options: { dIn?: number } = {}): Promise<string> {
  const { dIn = 8 } = options;
  const folder = await mkdtemp(join(tmpdir(), "plumbline-cli-"));
  const rows = fillNormal(new Float32Array(200 * dIn), createRandom(3));
  await writeActivationStore(join(folder, "store"), createActivationMemory({ dIn, rows, hookPoint: "toy" }));
  return folder;
}

/** A small training on tfjs-cpu; `changes` replaces top-level parts. */
export function toyConfig(changes: object = {}): object {
  return {
    architecture: { name: "topk", k: 2, dSae: 16 },
    activations: { store: "store" },
    trainer: { nSteps: 12, batchSize: 8, logEvery: 3 },
    schedules: { lr: 0.01 },
    checkpoints: { everySteps: 4 },
    backend: "tfjs-cpu",
    out: "run",
    ...changes,
  };
}

export async function writeConfig(folder: string, changes: object = {}): Promise<string> {
  await writeFile(join(folder, "c.json"), JSON.stringify(toyConfig(changes), undefined, 2));
  return "c.json";
}

/** Runs the command line in a folder and gives what it said. */
export async function plumbline(
  folder: string,
  argv: readonly string[],
  options: Omit<NonNullable<Parameters<typeof memoryIo>[0]>, "cwd"> & { onOut?: (text: string) => void } = {},
): Promise<{ exitCode: number; io: MemoryIo; out: string; err: string }> {
  const { onOut, ...rest } = options;
  const kept = memoryIo({ cwd: folder, ...rest });
  const write = (text: string): void => {
    kept.stdout.write(text);
    onOut?.(text);
  };
  const io = { ...kept, stdout: { write } };
  const exitCode = await runCli(argv, io);
  return { exitCode, io, out: io.out(), err: io.err() };
}

/** Files of a checkpoint of a run. */
export const checkpointFiles: readonly string[] = [
  "sae.json",
  "sae.safetensors",
  "trainer.json",
  "trainer.safetensors",
];

/** All bytes of a run's checkpoint. */
export async function checkpointBytes(run: string, step: number): Promise<Buffer> {
  const path = join(run, "checkpoints", `step-${String(step).padStart(8, "0")}`);
  return Buffer.concat(await Promise.all(checkpointFiles.map((name) => readFile(join(path, name)))));
}

/** A line of a run's log. */
export interface LogLine {
  readonly type: string;
  readonly step?: number;
  readonly schedule?: unknown;
  readonly perf?: unknown;
}

export async function logLines(run: string): Promise<readonly LogLine[]> {
  const text = await readFile(join(run, "metrics.ndjson"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

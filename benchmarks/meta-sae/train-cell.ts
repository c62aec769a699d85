import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCli } from "@plumbline/cli";
import { memoryIo } from "@plumbline/extract/terminal";
import type { Cell } from "./cells.ts";

/** What all trainings have in common: the settings of `npm run demo` with BatchTopK. */
export interface Setting {
  readonly train: string;
  readonly heldOut: string;
  readonly out: string;
  readonly dSae: number;
  readonly k: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly lr: number;
}

/** What is measured of a training on held-out tokens. */
export interface Outcome {
  readonly explainedVariance: number;
  readonly meanAbsPhi: number;
  readonly l0: number;
  readonly nDead: number;
}

interface Measured {
  readonly metrics: {
    readonly reconstruction: { readonly explainedVariance: { readonly value: number } };
    readonly cooccurrence: { readonly meanAbsPhi: { readonly value: number } };
    readonly sparsity: {
      readonly l0: { readonly mean: { readonly value: number } };
      readonly deadLatents: { readonly count: { readonly value: number } };
    };
  };
}

async function plumbline(argv: readonly string[]): Promise<string> {
  const io = memoryIo({ cwd: process.cwd() });
  if ((await runCli([...argv, "--quiet"], io)) !== 0) throw new Error(io.err());
  return io.out();
}

function configOf({ aligned, penalty }: Cell, setting: Setting): object {
  const { train, dSae, k, batchSize, steps, lr } = setting;
  return {
    // A threshold from the first step on: 400 steps are fewer than the usual wait for one.
    architecture: { name: "batch-topk", dSae, k, aligned, thresholdAfterBatches: 0 },
    activations: { store: train },
    ...(penalty === undefined ? {} : { metaSae: penalty }),
    trainer: { nSteps: steps, batchSize, logEvery: 20 },
    schedules: { lr: { kind: "warmup-decay", peak: lr, warmupSteps: steps / 10, decayFraction: 0.2 } },
  };
}

const read = (file: string): Promise<string | undefined> => readFile(file, "utf8").catch(() => undefined);

/** Trains and measures a cell, or reads what an earlier call found. */
export async function outcomeOf(cell: Cell, setting: Setting): Promise<Outcome> {
  const [run, file] = [join(setting.out, cell.name), join(setting.out, `${cell.name}.eval.json`)];
  let text = await read(file);
  if (text === undefined) {
    await mkdir(setting.out, { recursive: true });
    const record = await read(join(run, "run.json"));
    if (record === undefined) {
      const config = `${run}.json`;
      await writeFile(config, JSON.stringify(configOf(cell, setting)));
      await plumbline(["train", config, "--seed", String(cell.seed), "--out", run]);
    } else if (JSON.parse(record).status !== "completed") {
      await plumbline(["train", "--resume", run]);
    }
    text = await plumbline(["eval", run, "--activations", setting.heldOut, "--cooccurrence", "--json"]);
    await writeFile(file, text);
  }
  const { reconstruction, cooccurrence, sparsity } = (JSON.parse(text) as Measured).metrics;
  return {
    explainedVariance: reconstruction.explainedVariance.value,
    meanAbsPhi: cooccurrence.meanAbsPhi.value,
    l0: sparsity.l0.mean.value,
    nDead: sparsity.deadLatents.count.value,
  };
}

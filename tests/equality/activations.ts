// The same comparisons on activations of the demo's transformer and on SAEs that were trained on them.

import { type ActivationMemory, createActivationMemory } from "@plumbline/activation-store";
import { aligned } from "@plumbline/aligned";
import { batchTopK, jumpRelu, topK } from "@plumbline/architectures";
import {
  type Architecture,
  createRandom,
  type EngineState,
  parseConfig,
  type SaeEngine,
  type StepControls,
} from "@plumbline/core";
import { useLiteSource } from "@plumbline/demo";
import type { Tensor } from "@tensorflow/tfjs-core";
import { type EqualityCase, withArrays } from "./case.ts";
import { compareBytes, traceOf } from "./compare/bytes.ts";
import { wholeGradients } from "./compare/gradients.ts";
import { runCase } from "./compare/run-case.ts";
import { type Engines, openEngine } from "./engines.ts";
import { Findings, violate } from "./findings.ts";

/** How much is read and trained. */
export interface ActivationOptions {
  readonly nTokens: number;
  readonly nSteps: number;
}

const dSae = 2048;
const batchSize = 512;
/** rows that both engines step on: the generic one takes its time */
const comparedRows = 64;
/** rows that every level encodes */
const encodedRows = 1024;

interface Trained {
  readonly name: string;
  readonly architecture: Architecture<Tensor>;
  readonly scalars: Readonly<Record<string, number>>;
}

const jump = jumpRelu({ targetL0: 32, bandwidth: 0.02, thresholdInit: 0.02 });

const architectures: readonly Trained[] = [
  {
    name: "topk",
    architecture: topK({ k: 32, auxkCoefficient: 1 / 32, deadAfterTokens: 20_000 }),
    scalars: {},
  },
  { name: "batch-topk", architecture: batchTopK({ k: 32 }), scalars: {} },
  { name: "jumprelu", architecture: jump, scalars: { sparsityCoefficient: 0.05 } },
].flatMap(({ name, architecture, scalars }) => [
  { name, architecture, scalars },
  { name: `${name}, aligned`, architecture: aligned(architecture), scalars },
]);

/** Rows of the first block's residual stream. */
async function readRows(
  split: "train" | "held-out",
  nTokens: number,
): Promise<{ rows: Float32Array; dIn: number }> {
  const config = parseConfig(useLiteSource.schema, { split, nTokens }, { from: "equality" });
  const source = await useLiteSource.open(config, { resolvePath: (path) => path });
  const rows = new Float32Array(nTokens * source.dIn);
  let at = 0;
  for await (const chunk of source.chunks()) {
    rows.set(chunk.rows, at);
    at += chunk.rows.length;
  }
  return { rows, dIn: source.dIn };
}

async function trainedState(
  one: Trained,
  memory: ActivationMemory,
  engines: Engines,
  nSteps: number,
): Promise<EngineState> {
  const { dIn } = memory;
  const source = memory.batchSource({ seed: 1 });
  const sample = { rows: new Float32Array(dIn), nRows: 1, mean: source.statistics.mean };
  const { backend } = engines.native;
  const engine: SaeEngine = await backend.createEngine({
    architecture: one.architecture as never,
    dIn,
    dSae,
    random: createRandom(1),
    sample,
  });
  let step = 0;
  for await (const batch of source.batches({ batchSize, startStep: 0 })) {
    if (step === nSteps) break;
    await engine.step(batch, {
      lr: 0.004 * Math.min(1, (step + 1) / 20),
      scalars: one.scalars,
      wantStats: false,
    });
    step += 1;
  }
  const state = await engine.exportState();
  engine.dispose();
  return state;
}

/** First moments at zero, so that those after a step give its gradient. */
function withoutMomentum(state: EngineState): EngineState {
  const means = Object.entries(state.arrays).filter(([name]) => name.startsWith("optimizer/mean/"));
  return withArrays(
    state,
    Object.fromEntries(means.map(([name, { data }]) => [name, new Float32Array(data.length)])),
  );
}

/** Trains each architecture, then compares engines and levels on held-out rows. */
export async function* compareOnActivations(
  engines: Engines,
  options: ActivationOptions,
  say: (text: string) => void,
): AsyncGenerator<{ name: string; findings: Findings }> {
  const { rows: raw, dIn } = await readRows("train", options.nTokens);
  // The mean of ‖x‖² becomes 1, as the trainer has it.
  const factor = 1 / Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0) / options.nTokens);
  const memory = createActivationMemory({ dIn, rows: raw.map((value) => value * factor) });
  const rows = (await readRows("held-out", encodedRows)).rows.map((value) => value * factor);
  say(
    `${options.nTokens} rows of ${dIn} numbers to train on, ${encodedRows} held out, mean of ‖x‖² 1, ${options.nSteps} steps of ${batchSize}`,
  );
  const controls: StepControls = { lr: 0.001, scalars: {}, wantStats: true };
  for (const [index, one] of architectures.entries()) {
    const state = await trainedState(one, memory, engines, options.nSteps);
    const findings = new Findings();
    const make = (nTokens: number): EqualityCase => ({
      index,
      label: one.name,
      family: one.name,
      architecture: one.architecture,
      dIn,
      dSae,
      nTokens,
      state: withoutMomentum(state),
      batch: rows.slice(0, nTokens * dIn),
      controls: { ...controls, scalars: one.scalars },
    });
    await runCase(make(comparedRows), { ...engines, variants: [] }, findings);
    findings.levels.clear();
    const apart = findings.largest.get(wholeGradients)?.value ?? 0;
    if (apart > 1e-5)
      violate({ index, label: one.name, all: findings }, `gradients differ by ${apart} of their norm`);
    const large = make(encodedRows);
    const engine = await openEngine(engines.native.backend, large);
    const trace = await traceOf(engine, large);
    engine.dispose();
    await compareBytes({ index, label: one.name, all: findings }, large, {
      native: engines.native,
      trace,
      variants: engines.variants,
    });
    yield { name: one.name, findings };
  }
}

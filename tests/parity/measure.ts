import "@tensorflow/tfjs";
import {
  type Architecture,
  type Backend,
  createRandom,
  denseFromSparse,
  type EngineState,
  type SaeEngine,
} from "@plumbline/core";
import { addN, type Scalar, type Tensor, tensor, tensor2d, valueAndGrads } from "@tensorflow/tfjs-core";
import { architectureOf, type ParityCase, parityCases } from "./cases.ts";
import { floatsUnder, type Golden, type GoldenStep, readGolden } from "./golden.ts";

/** Their names of loss terms, by ours; Matryoshka's prefixes are one term here. */
const termNames: Readonly<Record<string, readonly string[]>> = {
  reconstruction: ["reconstruction", "reconstruction5", "reconstruction15"],
  sparsity: ["sparsity"],
  auxk: ["auxiliary"],
  auxiliary: ["auxiliary"],
  preActs: ["preActivation"],
};

/** Terms below this are compared as if they were this large: a relative difference to almost nothing says nothing. */
const smallestTerm = 1e-3;

/** What is compared, each the largest over the run. */
export const quantities = ["losses", "norms", "parameters", "threshold", "inference", "gradients"] as const;

export type Quantity = (typeof quantities)[number];

/** Largest differences to a recorded run; a quantity that the run does not have is left out. */
export type Differences = Readonly<Partial<Record<Quantity, number>>>;

/** How large each may be; docs/parity.md says why. Losses and norms relative, gradients to their largest entry, the rest absolute. */
export function boundsOf(name: string): Readonly<Record<Quantity, number>> {
  const parameters = parityCases[name]?.finalTolerance ?? 1e-5;
  return {
    losses: 1e-5,
    norms: 5e-5,
    parameters,
    threshold: 1e-5,
    inference: 10 * parameters,
    gradients: 1e-4,
  };
}

export function caseOf(name: string): ParityCase {
  const found = parityCases[name];
  if (found === undefined) throw new Error(`no parity case for the fixture ${name}`);
  return found;
}

function scalarsOf(architecture: Architecture<Tensor>, step: GoldenStep): Record<string, number> {
  const { sparsityCoefficient, sparsityScale, p, nextP, k } = step.controls;
  const all: Record<string, number> = {
    sparsityCoefficient: (sparsityCoefficient ?? 0) * (sparsityScale ?? 1),
    p: p ?? 1,
    nextP: nextP ?? p ?? 1,
    k: k ?? 1,
  };
  return Object.fromEntries(architecture.controls.map((name) => [name, all[name] ?? Number.NaN]));
}

/** Parameters that a run starts from, under our names. */
function startOf(golden: Golden, fresh: EngineState): EngineState {
  const arrays = { ...fresh.arrays };
  for (const [name, data] of Object.entries(floatsUnder(golden, "initial/"))) {
    const own = arrays[`parameter/${name}`];
    if (own === undefined) throw new Error(`the architecture has no parameter ${name}`);
    arrays[`parameter/${name}`] = { ...own, data: Float32Array.from(data) };
  }
  return { ...fresh, arrays };
}

async function openEngine(
  backend: Backend<Tensor>,
  golden: Golden,
  architecture: Architecture<Tensor>,
): Promise<SaeEngine> {
  const { dIn, dSae } = golden.shape;
  const sample = { rows: new Float32Array(dIn), nRows: 1, mean: new Float32Array(dIn) };
  const engine = await backend.createEngine({ architecture, dIn, dSae, random: createRandom(0), sample });
  await engine.importState(startOf(golden, await engine.exportState()));
  return engine;
}

function batchesOf(golden: Golden): Float32Array[] {
  const { data } = golden.tensors.float32("batches");
  const size = golden.shape.batchSize * golden.shape.dIn;
  return Array.from({ length: golden.shape.nSteps }, (_, i) => data.slice(i * size, (i + 1) * size));
}

/** Largest absolute difference; infinite where lengths differ or a number is NaN. */
function farthest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
  }
  return worst;
}

/** Largest relative difference of the loss and its terms in one step. */
function lossDifference(terms: Readonly<Record<string, number>>, loss: number, theirs: GoldenStep): number {
  const ofTerms = Object.entries(terms).map(([name, value]) => {
    const parts = (termNames[name] ?? []).map((part) => theirs.terms[part] ?? 0);
    const expected = parts.reduce((a, b) => a + b, 0);
    return Math.abs(value - expected) / Math.max(Math.abs(expected), smallestTerm);
  });
  return Math.max(Math.abs(loss / theirs.loss - 1), ...ofTerms);
}

/** Takes every recorded step and gives the largest differences of losses and norms. */
async function replay(
  engine: SaeEngine,
  golden: Golden,
  architecture: Architecture<Tensor>,
): Promise<Differences> {
  let [losses, norms] = [0, 0];
  const batches = batchesOf(golden);
  const clips = golden.steps.some(({ gradientNormBeforeClip }) => gradientNormBeforeClip !== undefined);
  for (const [i, theirs] of golden.steps.entries()) {
    const stats = await engine.step(batches[i] ?? new Float32Array(), {
      lr: theirs.learningRate,
      scalars: scalarsOf(architecture, theirs),
      ...(clips ? { clipNorm: 1 } : {}),
      wantStats: true,
    });
    if (stats === undefined) throw new Error("the engine gave no statistics");
    losses = Math.max(losses, lossDifference(stats.terms, stats.loss, theirs));
    if (clips)
      norms = Math.max(norms, Math.abs(stats.gradientNorm / (theirs.gradientNormBeforeClip ?? 0) - 1));
  }
  return { losses, ...(clips ? { norms } : {}) };
}

/** The architecture that repeats a recorded run. */
export function architectureFor(name: string): Architecture<Tensor> {
  return architectureOf(caseOf(name), readGolden(name));
}

/** The whole run on a backend: losses by term, norms, final parameters and threshold, inference. */
export async function measureRun(backend: Backend<Tensor>, name: string): Promise<Differences> {
  const golden = readGolden(name);
  const architecture = architectureOf(caseOf(name), golden);
  const engine = await openEngine(backend, golden, architecture);
  const replayed = await replay(engine, golden, architecture);
  const { arrays } = await engine.exportState();
  const finals = Object.entries(floatsUnder(golden, "final/"));
  const parameters = finals.map(([one, data]) => farthest(arrays[`parameter/${one}`]?.data ?? [], data));
  const theirs = floatsUnder(golden, "finalBuffer/").threshold;
  const ours = arrays["buffer/threshold"]?.data;
  const threshold = theirs === undefined || ours === undefined ? {} : { threshold: farthest(ours, theirs) };
  const latents = await engine.encode(golden.tensors.float32("inference/x").data);
  const inference = Math.max(
    farthest(denseFromSparse(latents), golden.tensors.float32("inference/latents").data),
    farthest(await engine.decode(latents), golden.tensors.float32("inference/xHat").data),
  );
  engine.dispose();
  return { ...replayed, parameters: Math.max(...parameters), ...threshold, inference };
}

/** Raw gradients of the first step, on tfjs's active backend: largest difference over the largest entry, of any parameter. */
export function measureFirstGradient(name: string): Differences {
  const golden = readGolden(name);
  const architecture = architectureOf(caseOf(name), golden);
  const { dIn, dSae, batchSize } = golden.shape;
  const names = Object.keys(floatsUnder(golden, "initial/"));
  const buffers = Object.fromEntries(
    Object.entries(architecture.initBuffers({ dIn, dSae })).map(([buffer, { shape, data }]) => [
      buffer,
      tensor(data, [...shape], data instanceof Int32Array ? "int32" : "float32"),
    ]),
  );
  const x_BD = tensor2d(batchesOf(golden)[0] ?? new Float32Array(), [batchSize, dIn]);
  const scalars = scalarsOf(architecture, golden.steps[0] as GoldenStep);
  const { grads } = valueAndGrads((...values: Tensor[]) => {
    const parameters = Object.fromEntries(names.map((parameter, i) => [parameter, values[i] as Tensor]));
    return addN(Object.values(architecture.loss({ parameters, buffers, x_BD, scalars }).terms)) as Scalar;
  })(
    names.map((parameter) => {
      const { data, shape } = golden.tensors.float32(`initial/${parameter}`);
      return tensor(data, [...shape]);
    }),
  );
  const differences = names.map((parameter, i) => {
    const expected = golden.tensors.float32(`gradient/${parameter}`).data;
    const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), smallestTerm);
    return farthest(grads[i]?.dataSync() ?? [], expected) / largest;
  });
  return { gradients: Math.max(...differences) };
}

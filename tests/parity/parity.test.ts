import "@tensorflow/tfjs";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import {
  type Architecture,
  type Backend,
  createRandom,
  denseFromSparse,
  type EngineState,
  type SaeEngine,
} from "@plumbline/core";
import { addN, type Scalar, type Tensor, tensor, tensor2d, valueAndGrads } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";
import { architectureOf, parityCases } from "./cases.ts";
import { floatsUnder, type Golden, type GoldenStep, goldenNames, readGolden } from "./golden.ts";

/** Their names of loss terms, by ours; Matryoshka's prefixes are one term here. */
const termNames: Readonly<Record<string, readonly string[]>> = {
  reconstruction: ["reconstruction", "reconstruction5", "reconstruction15"],
  sparsity: ["sparsity"],
  auxk: ["auxiliary"],
  auxiliary: ["auxiliary"],
  preActs: ["preActivation"],
};

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

/** Parameters and buffers that a run starts from, under our names. */
function startOf(golden: Golden, fresh: EngineState): EngineState {
  const arrays = { ...fresh.arrays };
  const put = (name: string, data: Float32Array): void => {
    const own = arrays[name];
    if (own !== undefined) arrays[name] = { ...own, data: Float32Array.from(data) };
  };
  for (const [name, data] of Object.entries(floatsUnder(golden, "initial/"))) put(`parameter/${name}`, data);
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

function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(actual.length, what).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)));
  }
  expect(worst, what).toBeLessThan(tolerance);
}

function checkTerms(ours: Readonly<Record<string, number>>, theirs: GoldenStep, at: string): void {
  for (const [name, value] of Object.entries(ours)) {
    const parts = (termNames[name] ?? []).map((part) => theirs.terms[part] ?? 0);
    const expected = parts.reduce((a, b) => a + b, 0);
    expect(Math.abs(value - expected), `${name} at ${at}: ${value} against ${expected}`).toBeLessThan(
      1e-5 * Math.max(Math.abs(expected), 1e-3),
    );
  }
}

/** The whole run: losses by term, norms, counts, final parameters and inference. */
async function checkRun(backend: Backend<Tensor>, name: string): Promise<void> {
  const golden = readGolden(name);
  const parity = parityCases[name];
  if (parity === undefined) throw new Error(`no parity case for the fixture ${name}`);
  const architecture = architectureOf(parity, golden);
  const engine = await openEngine(backend, golden, architecture);
  const batches = batchesOf(golden);
  for (const [i, theirs] of golden.steps.entries()) {
    const clips = theirs.gradientNormBeforeClip !== undefined;
    const stats = await engine.step(batches[i] ?? new Float32Array(), {
      lr: theirs.learningRate,
      scalars: scalarsOf(architecture, theirs),
      ...(clips ? { clipNorm: 1 } : {}),
      wantStats: true,
    });
    const at = `step ${i}`;
    checkTerms(stats?.terms ?? {}, theirs, at);
    expect(Math.abs((stats?.loss ?? 0) / theirs.loss - 1), `loss at ${at}`).toBeLessThan(1e-5);
    if (clips)
      expect((stats?.gradientNorm ?? 0) / (theirs.gradientNormBeforeClip ?? 0), at).toBeCloseTo(1, 4);
  }
  const { arrays } = await engine.exportState();
  for (const [parameter, data] of Object.entries(floatsUnder(golden, "final/"))) {
    expectClose(
      arrays[`parameter/${parameter}`]?.data ?? [],
      data,
      parity.finalTolerance ?? 1e-5,
      `final ${parameter}`,
    );
  }
  const threshold = floatsUnder(golden, "finalBuffer/").threshold;
  if (threshold !== undefined && "buffer/threshold" in arrays) {
    expectClose(arrays["buffer/threshold"]?.data ?? [], threshold, 1e-5, "threshold");
  }
  const x = golden.tensors.float32("inference/x").data;
  const latents = await engine.encode(x);
  const inferred = golden.tensors.float32("inference/latents").data;
  expectClose(denseFromSparse(latents), inferred, 10 * (parity.finalTolerance ?? 1e-5), "latents");
  const xHat = await engine.decode(latents);
  expectClose(
    xHat,
    golden.tensors.float32("inference/xHat").data,
    10 * (parity.finalTolerance ?? 1e-5),
    "xHat",
  );
  engine.dispose();
}

/** Raw gradients of the first step, each within 1e-4 of its largest entry. */
function checkFirstGradient(name: string): void {
  const golden = readGolden(name);
  const architecture = architectureOf(parityCases[name] as (typeof parityCases)[string], golden);
  const { dIn, dSae, batchSize } = golden.shape;
  const initial = floatsUnder(golden, "initial/");
  const names = Object.keys(initial);
  const shapeOf = (parameter: string): readonly number[] =>
    golden.tensors.float32(`initial/${parameter}`).shape;
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
  })(names.map((parameter) => tensor(initial[parameter] ?? [], [...shapeOf(parameter)])));
  names.forEach((parameter, i) => {
    const expected = golden.tensors.float32(`gradient/${parameter}`).data;
    const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expectClose(
      grads[i]?.dataSync() ?? [],
      expected,
      1e-4 * Math.max(largest, 1e-3),
      `gradient of ${parameter}`,
    );
  });
}

suite("numbers of the reference libraries", () => {
  test("every fixture has a case, or a reason why not", () => {
    // An L2 penalty is no architecture here; the fixture serves checks of other forms.
    const left = goldenNames.filter((name) => parityCases[name] === undefined);
    expect(left).toEqual(["saelens-standard-l2-uncentred"]);
  });

  for (const name of Object.keys(parityCases)) {
    test(`${name}: gradients of the first step`, () => checkFirstGradient(name));

    for (const backend of [tfjsCpuBackend, tfjsWasmBackend]) {
      test(`${name}: losses, parameters and inference on ${backend.name}`, () => checkRun(backend, name));
    }
  }
});

import { createRandom, fillNormal } from "@plumbline/core";
import {
  accumulateRows,
  accumulateValues,
  batchTopK,
  type Composition,
  coupled,
  denseDecode,
  denseFromSelection,
  detach,
  firingCounts,
  gatherRows,
  gatherSelected,
  jumpRelu,
  largest,
  lpNorm,
  lpPower,
  preActivations,
  projectOntoAligned,
  rejectRows,
  rowDots,
  rowNorms,
  scaleToAligned,
  selectPreActivations,
  sparseDecode,
  stepOver,
  tied,
  topK,
  unitRows,
} from "@plumbline/ops";
import { expectCloseNumbers } from "@plumbline/testing";
import { grads, setBackend, sum, type Tensor, type Tensor1D, type Tensor2D, tensor } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { numbersOf, onBackends } from "./on-backends.support.ts";

const [B, D, F] = [16, 24, 120];
const normal = (shape: number[], seed: number): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(fillNormal(new Float32Array(size), createRandom(seed)), shape);
};

/** Inputs, made on the backend that is active. K is 4 and 20. */
function inputs() {
  const [preActs, x_BD, y_BD] = [normal([B, F], 1), normal([B, D], 2), normal([B, D], 3)] as Tensor2D[] as [
    Tensor2D,
    Tensor2D,
    Tensor2D,
  ];
  const decoder = unitRows(normal([F, D], 4) as Tensor2D);
  return {
    preActs,
    x_BD,
    y_BD,
    decoder,
    rows: normal([F, D], 5) as Tensor2D,
    bias: normal([F], 6) as Tensor1D,
    center: normal([D], 7) as Tensor1D,
    threshold: normal([F], 8).abs() as Tensor1D,
    // Some silent, all others well above 0, where slopes of small powers are of order one.
    latents: preActs.relu().add(preActs.step().mul(0.2)) as Tensor2D,
    few: largest(preActs, { k: 4 }),
    many: largest(preActs, { k: 20 }),
  };
}
type Inputs = ReturnType<typeof inputs>;
type Differentiable = { of: (at: Inputs) => Tensor[]; run: (at: Inputs, ...values: Tensor[]) => Tensor };

const encoderOf = (at: Inputs, [e, b, c]: Tensor[]) => ({
  x_BD: at.x_BD,
  encoder_FD: e as Tensor2D,
  encoderBias_F: b as Tensor1D,
  center_D: c as Tensor1D,
});
const decoderOf = ([d, b]: Tensor[]) => ({ decoder_FD: d as Tensor2D, decoderBias_D: b as Tensor1D });
const select = (composition: Composition): Differentiable => ({
  of: (at) => [at.rows, at.bias, at.center],
  run: (at, ...values) => selectPreActivations(encoderOf(at, values), at.many, { composition }),
});
const decode = (composition: Composition): Differentiable => ({
  of: (at) => [at.many.values_BK, at.decoder, at.center],
  run: (at, v, ...values) =>
    sparseDecode({ ...at.many, values_BK: v as Tensor2D }, decoderOf(values), { composition }),
});
const ofRows = (operation: (a: Tensor2D, b: Tensor2D) => Tensor): Differentiable => ({
  // Rows much shorter than d, so that the divisor of `scale`, 1 + ⟨w, d⟩, stays away from zero.
  of: (at) => [at.rows.mul(0.1), at.decoder],
  run: (_at, a, b) => operation(a as Tensor2D, b as Tensor2D),
});

const differentiable: Readonly<Record<string, Differentiable>> = {
  preActivations: {
    of: (at) => [at.rows, at.bias, at.center],
    run: (at, ...values) => preActivations(encoderOf(at, values)),
  },
  topK: { of: (at) => [at.preActs], run: (_at, p) => topK(p as Tensor2D, { k: 4 }) },
  batchTopK: { of: (at) => [at.preActs], run: (_at, p) => batchTopK(p as Tensor2D, { k: 3.3 }) },
  "batchTopK, ranked otherwise": {
    of: (at) => [at.preActs],
    run: (at, p) => batchTopK(p as Tensor2D, { k: 3, ranking_BF: at.preActs.neg() as Tensor2D }),
  },
  jumpRelu: {
    of: (at) => [at.preActs, at.threshold],
    run: (_at, p, t) => jumpRelu(p as Tensor2D, t as Tensor1D, { bandwidth: 0.5 }),
  },
  stepOver: {
    of: (at) => [at.threshold],
    run: (at, t) => stepOver(at.preActs, t as Tensor1D, { bandwidth: 0.5 }),
  },
  lpPower: { of: (at) => [at.latents], run: (_at, l) => lpPower(l as Tensor2D, { p: 0.4 }) },
  // Divided by its size, some 60² here, so that the sums compared are of order one.
  lpNorm: { of: (at) => [at.latents], run: (_at, l) => lpNorm(l as Tensor2D, { p: 0.5 }).div(3600) },
  "selectPreActivations, rows": select("rows"),
  "selectPreActivations, dense": select("dense"),
  denseFromSelection: {
    of: (at) => [at.few.values_BK],
    run: (at, v) => denseFromSelection({ ...at.few, values_BK: v as Tensor2D }, { dSae: F }),
  },
  "sparseDecode, rows": decode("rows"),
  "sparseDecode, dense": decode("dense"),
  denseDecode: {
    of: (at) => [at.preActs, at.decoder, at.center],
    run: (_at, l, ...values) => denseDecode(l as Tensor2D, decoderOf(values)),
  },
  rowDots: ofRows(rowDots),
  rowNorms: { of: (at) => [at.rows], run: (_at, a) => rowNorms(a as Tensor2D) },
  rejectRows: { of: (at) => [at.rows], run: (at, a) => rejectRows(a as Tensor2D, at.decoder) },
  projection: ofRows(projectOntoAligned),
  scale: ofRows(scaleToAligned),
  coupled: ofRows((a, b) => coupled.encoder(a, b)),
  tied: { of: (at) => [at.decoder], run: (_at, d) => tied.encoder(undefined, d as Tensor2D) },
  detach: { of: (at) => [at.rows], run: (_at, a) => (a as Tensor).mul(detach(a as Tensor)) },
};

const plain: Readonly<Record<string, (at: Inputs) => Tensor>> = {
  unitRows: (at) => unitRows(at.rows),
  firingCounts: (at) => firingCounts(at.many, { dSae: F }),
  gatherRows: (at) => gatherRows(at.rows, at.few.indices_BK),
  gatherSelected: (at) => gatherSelected(at.preActs, at.many.indices_BK),
  "accumulateRows, rows": (at) => accumulateRows(at.many, at.y_BD, { dSae: F, composition: "rows" }),
  "accumulateRows, dense": (at) => accumulateRows(at.many, at.y_BD, { dSae: F, composition: "dense" }),
  accumulateValues: (at) => accumulateValues(at.many, { dSae: F }),
};

/** The same on one backend. */
async function numbersOn(backend: string, work: (at: Inputs) => Tensor[]): Promise<Float32Array[]> {
  await setBackend(backend);
  return numbersOf(() => work(inputs()));
}

/**
 * Two backends add float32 products in different orders. Sums here have at most 120 terms of order one, so they agree to
 * some 1e-6; the bound leaves ten times that.
 */
const tolerance = 1e-5;

async function compare(backend: string, work: (at: Inputs) => Tensor[]): Promise<void> {
  const [cpu, other] = [await numbersOn("cpu", work), await numbersOn(backend, work)];
  expect(cpu.length).toBeGreaterThan(0);
  cpu.forEach((expected, i) => {
    expectCloseNumbers(other[i] ?? [], expected, { what: `result ${i}`, tolerance });
  });
}

onBackends(
  ["wasm", "plumbline-native", "tensorflow", "webgpu"],
  "operations equal those on cpu:",
  (backend) => {
    for (const [name, { of, run }] of Object.entries(differentiable)) {
      test(`${name}: value and gradients`, () =>
        compare(backend, (at) => [
          run(at, ...of(at)),
          ...grads((...values: Tensor[]) => {
            const result = run(at, ...values);
            return sum(result.mul(normal(result.shape, 9)));
          })(of(at)),
        ]));
    }

    for (const [name, run] of Object.entries(plain)) {
      test(name, () => compare(backend, (at) => [run(at)]));
    }
  },
);

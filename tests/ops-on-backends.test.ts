import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { type BackendProbe, createRandom, fillNormal } from "@plumbline/core";
import {
  accumulateRows,
  accumulateValues,
  batchTopK,
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
  type Selection,
  scaleToAligned,
  selectPreActivations,
  sparseDecode,
  stepOver,
  tied,
  topK,
  unitRows,
} from "@plumbline/ops";
import { codeThrownBy, expectCloseNumbers, expectSameNumbers } from "@plumbline/testing";
import {
  fill,
  grads,
  setBackend,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor2d,
  tidy,
  tile,
  zeros,
} from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { probeWebgpu } from "./webgpu.support.ts";

// A probe starts the backend in tfjs.
const probes: Readonly<Record<string, BackendProbe>> = {
  "plumbline-native": await nativeTfjsBackend.probe(),
  webgpu: await probeWebgpu(),
};
beforeAll(async () => {
  for (const backend of [tfjsCpuBackend, tfjsWasmBackend]) await backend.probe();
});

/** Runs a suite for tfjs backends by name; skips one that is not there, with the reason. */
function onBackends(names: readonly string[], title: string, body: (backend: string) => void): void {
  for (const name of names) {
    const probe = probes[name];
    const isMissing = probe?.available === false;
    const define = isMissing ? suite.skip : suite;
    define(`${title} ${name}${isMissing ? `: ${probe.reason}` : ""}`, () => body(name));
  }
}

const [B, D, F] = [16, 24, 120];
const normal = (shape: number[], seed: number): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(fillNormal(new Float32Array(size), createRandom(seed)), shape);
};

/** Inputs, made on the backend that is active. K = 4 of 120 takes gathered rows, K = 20 the dense product. */
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
const select = (pick: (at: Inputs) => Selection): Differentiable => ({
  of: (at) => [at.rows, at.bias, at.center],
  run: (at, ...values) => selectPreActivations(encoderOf(at, values), pick(at)),
});
const decode = (pick: (at: Inputs) => Selection): Differentiable => ({
  of: (at) => [pick(at).values_BK, at.decoder, at.center],
  run: (at, v, ...values) => sparseDecode({ ...pick(at), values_BK: v as Tensor2D }, decoderOf(values)),
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
  "selectPreActivations, gathered": select((at) => at.few),
  "selectPreActivations, dense": select((at) => at.many),
  denseFromSelection: {
    of: (at) => [at.few.values_BK],
    run: (at, v) => denseFromSelection({ ...at.few, values_BK: v as Tensor2D }, { dSae: F }),
  },
  "sparseDecode, gathered": decode((at) => at.few),
  "sparseDecode, dense": decode((at) => at.many),
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
  "accumulateRows, gathered": (at) => accumulateRows(at.few, at.y_BD, { dSae: F }),
  "accumulateRows, dense": (at) => accumulateRows(at.many, at.y_BD, { dSae: F }),
  accumulateValues: (at) => accumulateValues(at.many, { dSae: F }),
};

/** The numbers of each tensor that `work` gives; read without waiting on the spot, which webgpu cannot in Node. */
async function numbersOf(work: () => Tensor[]): Promise<Float32Array[]> {
  const tensors = tidy(work);
  const numbers = await Promise.all(tensors.map(async (t) => Float32Array.from(await t.data())));
  for (const t of tensors) t.dispose();
  return numbers;
}

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

onBackends(["wasm", "plumbline-native", "webgpu"], "operations equal those on cpu:", (backend) => {
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
});

const all = ["cpu", "wasm", "plumbline-native", "webgpu"];

onBackends(all, "largest() on", (backend) => {
  test("orders by value, ties by the lower index, exactly", async () => {
    await setBackend(backend);
    const row = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(row, fc.nat(), async (values, draw) => {
        const k = 1 + (draw % values.length);
        const order = values.map((_, i) => i).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
        const kept = order.slice(0, k);
        const [found = [], indices = []] = await numbersOf(() => {
          const { values_BK, indices_BK } = largest(tensor2d([values]), { k });
          return [values_BK, indices_BK];
        });
        expectSameNumbers(indices, kept, "indices");
        expectSameNumbers(
          found,
          kept.map((i) => values[i] ?? Number.NaN),
          "values",
        );
      }),
      { seed: 1 },
    );
  });

  test("does so among many latents, most of them tied", async () => {
    await setBackend(backend);
    const values = Float32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 4);
    const order = Array.from(values, (_, i) => i).sort(
      (a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b,
    );
    for (const k of [1, 64, 1300, 5000]) {
      const [indices = []] = await numbersOf(() => [largest(tensor2d(values, [1, 5000]), { k }).indices_BK]);
      expectSameNumbers(indices, order.slice(0, k), `indices of k ${k}`);
    }
  });
});

onBackends(all, "batchTopK() on", (backend) => {
  test("gives ties to the earlier token, then the lower latent, exactly", async () => {
    await setBackend(backend);
    const values = Float32Array.from({ length: 40 * 125 }, (_, i) => (i * 7919) % 4);
    const order = Array.from(values, (_, i) => i).sort(
      (a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b,
    );
    for (const k of [1, 20, 100]) {
      const expected = new Float32Array(values.length);
      for (const i of order.slice(0, 40 * k)) expected[i] = values[i] ?? 0;
      const [latents = []] = await numbersOf(() => [batchTopK(tensor2d(values, [40, 125]), { k })]);
      expectSameNumbers(latents, expected, `latents of k ${k}`);
    }
  });
});

onBackends(["webgpu"], "more latents in a batch than float32 can count, on", (backend) => {
  const [nTokens, dSae] = [4098, 4096];

  test("are found by token and latent", async () => {
    await setBackend(backend);
    const last = nTokens - 1;
    const [found = [], spread = []] = await numbersOf(() => {
      // The last token's latents 1 and 3, at positions 2²⁴ + 4097 and 2²⁴ + 4099 of the whole.
      const values_BK = fill([nTokens, 2], 1) as Tensor2D;
      const indices_BK = tile(tensor2d([[1, 3]], [1, 2], "int32"), [nTokens, 1]) as Tensor2D;
      const dense_BF = denseFromSelection({ values_BK, indices_BK }, { dSae });
      return [gatherSelected(dense_BF, indices_BK).slice([last, 0]), dense_BF.slice([last, 0], [1, 5])];
    });
    expectSameNumbers(found, [1, 1], "gathered");
    expectSameNumbers(spread, [0, 1, 0, 1, 0], "spread");
  });

  test("are refused by batchTopK()", async () => {
    await setBackend(backend);
    const make = () => numbersOf(() => [batchTopK(zeros([nTokens, dSae]), { k: 1 })]);
    expect(await codeThrownBy(make)).toBe("batch-too-large");
  });
});

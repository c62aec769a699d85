import { grads, memory, sum, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { batchTopK } from "./batch-top-k.ts";
import { denseDecode, sparseDecode } from "./decode.ts";
import { gatherRows, gatherSelected } from "./gather-selected.ts";
import { normalTensor } from "./gradient.test-support.ts";
import { jumpRelu, stepOver } from "./jump-relu.ts";
import { lpNorm, lpPower } from "./lp.ts";
import { preActivations } from "./pre-activations.ts";
import { coupled, tied } from "./row-maps/controls.ts";
import { projectOntoAligned } from "./row-maps/projection.ts";
import { scaleToAligned } from "./row-maps/scale.ts";
import { rejectRows, rowDots, rowNorms, unitRows } from "./rows.ts";
import { selectPreActivations } from "./select-pre-activations.ts";
import { denseFromSelection, firingCounts, largest } from "./selection.ts";
import { accumulateRows, accumulateValues } from "./sparse-rows.ts";
import { topK } from "./top-k.ts";

/** 40 latents: K = 2 takes gathered rows, K = 3 the dense product. */
const dSae = 40;
const x_BD = normalTensor([3, 4], 1) as Tensor2D;
const rows = normalTensor([dSae, 4], 2) as Tensor2D;
const otherRows = normalTensor([dSae, 4], 3) as Tensor2D;
const bias = normalTensor([dSae], 4) as Tensor1D;
const center = normalTensor([4], 5) as Tensor1D;
const preActs = normalTensor([3, dSae], 6) as Tensor2D;
const latents = preActs.abs() as Tensor2D;
const sparse = largest(preActs, { k: 2 });
const encoder = (e: Tensor, b: Tensor, c: Tensor) => ({
  x_BD,
  encoder_FD: e as Tensor2D,
  encoderBias_F: b as Tensor1D,
  center_D: c as Tensor1D,
});
const decoder = (d: Tensor, b: Tensor) => ({ decoder_FD: d as Tensor2D, decoderBias_D: b as Tensor1D });

/** By name: the operation, and the tensors that its gradient flows to. */
const differentiableOps: Readonly<
  Record<string, readonly [(...inputs: Tensor[]) => Tensor, readonly Tensor[]]>
> = {
  preActivations: [
    (e, b, c) => preActivations(encoder(e as Tensor, b as Tensor, c as Tensor)),
    [rows, bias, center],
  ],
  "selectPreActivations, rows": [
    (e, b, c) =>
      selectPreActivations(encoder(e as Tensor, b as Tensor, c as Tensor), sparse, { composition: "rows" }),
    [rows, bias, center],
  ],
  "selectPreActivations, dense": [
    (e, b, c) =>
      selectPreActivations(encoder(e as Tensor, b as Tensor, c as Tensor), sparse, { composition: "dense" }),
    [rows, bias, center],
  ],
  topK: [(p) => topK(p as Tensor2D, { k: 2 }), [preActs]],
  batchTopK: [(p) => batchTopK(p as Tensor2D, { k: 2.5 }), [preActs]],
  jumpRelu: [(p, t) => jumpRelu(p as Tensor2D, t as Tensor1D, { bandwidth: 0.5 }), [preActs, bias]],
  stepOver: [(t) => stepOver(preActs, t as Tensor1D, { bandwidth: 0.5 }), [bias]],
  lpPower: [(l) => lpPower(l as Tensor2D, { p: 0.5 }), [latents]],
  lpNorm: [(l) => lpNorm(l as Tensor2D, { p: 0.5 }), [latents]],
  denseFromSelection: [
    (v) => denseFromSelection({ ...sparse, values_BK: v as Tensor2D }, { dSae }),
    [sparse.values_BK],
  ],
  "sparseDecode, rows": [
    (v, d, b) =>
      sparseDecode({ ...sparse, values_BK: v as Tensor2D }, decoder(d as Tensor, b as Tensor), {
        composition: "rows",
      }),
    [sparse.values_BK, rows, center],
  ],
  "sparseDecode, dense": [
    (v, d, b) =>
      sparseDecode({ ...sparse, values_BK: v as Tensor2D }, decoder(d as Tensor, b as Tensor), {
        composition: "dense",
      }),
    [sparse.values_BK, rows, center],
  ],
  denseDecode: [
    (l, d, b) => denseDecode(l as Tensor2D, decoder(d as Tensor, b as Tensor)),
    [preActs, rows, center],
  ],
  rowDots: [(a, b) => rowDots(a as Tensor2D, b as Tensor2D), [rows, otherRows]],
  rowNorms: [(a) => rowNorms(a as Tensor2D), [rows]],
  rejectRows: [(a) => rejectRows(a as Tensor2D, otherRows), [rows]],
  projectOntoAligned: [(w, d) => projectOntoAligned(w as Tensor2D, d as Tensor2D), [rows, otherRows]],
  scaleToAligned: [(w, d) => scaleToAligned(w as Tensor2D, d as Tensor2D), [rows, otherRows]],
  coupled: [(w, d) => coupled.encoder(w as Tensor2D, d as Tensor2D), [rows, otherRows]],
  tied: [(d) => tied.encoder(undefined, d as Tensor2D), [rows]],
};

const plainOps: Readonly<Record<string, () => Tensor>> = {
  firingCounts: () => firingCounts(sparse, { dSae }),
  unitRows: () => unitRows(rows),
  gatherRows: () => gatherRows(rows, sparse.indices_BK),
  gatherSelected: () => gatherSelected(preActs, sparse.indices_BK),
  "accumulateRows, rows": () => accumulateRows(sparse, x_BD, { dSae, composition: "rows" }),
  "accumulateRows, dense": () => accumulateRows(sparse, x_BD, { dSae, composition: "dense" }),
  accumulateValues: () => accumulateValues(sparse, { dSae }),
};

suite("an operation outside of any tidy leaves nothing but its result", () => {
  for (const [name, [operation, inputs]] of Object.entries(differentiableOps)) {
    test(`${name}, forward`, () => {
      const before = memory().numTensors;
      const result = operation(...inputs);
      expect(memory().numTensors - before).toBe(1);
      result.dispose();
      expect(memory().numTensors).toBe(before);
    });

    test(`${name}, backward`, () => {
      const before = memory().numTensors;
      const gradients = grads((...values: Tensor[]) => sum(operation(...values).square()))([...inputs]);
      expect(memory().numTensors - before).toBe(inputs.length);
      for (const gradient of gradients) gradient.dispose();
      expect(memory().numTensors).toBe(before);
    });
  }

  for (const [name, operation] of Object.entries(plainOps)) {
    test(name, () => {
      const before = memory().numTensors;
      const result = operation();
      expect(memory().numTensors - before).toBe(1);
      result.dispose();
    });
  }

  test("largest() leaves its two results", () => {
    const before = memory().numTensors;
    const { values_BK, indices_BK } = largest(preActs, { k: 2 });
    expect(memory().numTensors - before).toBe(2);
    values_BK.dispose();
    indices_BK.dispose();
  });
});

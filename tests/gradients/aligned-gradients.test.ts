import "@tensorflow/tfjs";
import { aligned } from "@plumbline/aligned";
import { relu, topK } from "@plumbline/architectures";
import { type Architecture, createRandom, fillNormal } from "@plumbline/core";
import { coupled, projection, projectionFromDecoder, type RowMap, scale } from "@plumbline/ops";
import { sampleOf, toySuperposition } from "@plumbline/testing";
import { addN, type Scalar, type Tensor, tensor, tensor2d, valueAndGrads } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";
import { type Parameters64, referenceLoss } from "./reference-loss.ts";

const [dIn, dSae] = [6, 10];
const toy = toySuperposition({ dIn, nLatents: 12, nRows: 16, l0: 3, seed: 21 });
const rules = {
  topk: { free: topK({ k: 3 }), rule: { k: 3 }, scalars: {} },
  relu: { free: relu(), rule: { sparsityCoefficient: 0.07 }, scalars: { sparsityCoefficient: 0.07 } },
} as const;

/** Parameters a little off their start, so that nothing is zero or symmetric, and back on the constraint. */
function startOf(architecture: Architecture<Tensor>): Record<string, Tensor> {
  const random = createRandom(2);
  const arrays = architecture.init({ dIn, dSae, random, sample: sampleOf(toy.rows, dIn) });
  const tensors = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => {
      const noise = fillNormal(new Float32Array(data.length), random, 0.1);
      return [
        name,
        tensor(
          Float32Array.from(data, (v, i) => v + (noise[i] ?? 0)),
          [...shape],
        ),
      ];
    }),
  );
  return { ...tensors, ...architecture.constrain?.afterStep(tensors) } as Record<string, Tensor>;
}

/** Compares tfjs's gradients with central differences of the float64 loss, in every coordinate of every parameter. */
function checkAgainstFloat64(
  architecture: Architecture<Tensor>,
  options: {
    map?: string;
    rule: (typeof rules)["topk" | "relu"]["rule"];
    scalars: Readonly<Record<string, number>>;
  },
): void {
  const parameters = startOf(architecture);
  const names = Object.keys(parameters);
  const buffers = { tokensSinceFired: tensor(new Int32Array(dSae), [dSae], "int32") };
  const lossOf = (...values: Tensor[]): Scalar => {
    const named = Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor]));
    const x_BD = tensor2d(toy.rows, [toy.nRows, dIn]);
    const { terms } = architecture.loss({ parameters: named, buffers, x_BD, scalars: options.scalars });
    return addN(Object.values(terms)) as Scalar;
  };
  const { value, grads } = valueAndGrads(lossOf)(names.map((name) => parameters[name] as Tensor));
  const exact: Record<string, Float64Array> = Object.fromEntries(
    names.map((name) => [name, Float64Array.from(parameters[name]?.dataSync() ?? [])]),
  );
  const loss64 = (changed: Parameters64): number =>
    referenceLoss(changed, toy.rows, { dIn, dSae, ...options });
  expect(Math.abs((value.dataSync()[0] ?? 0) / loss64(exact) - 1)).toBeLessThan(1e-5);
  const step = 1e-6;
  names.forEach((name, which) => {
    const computed = grads[which]?.dataSync() ?? new Float32Array();
    const own = exact[name] as Float64Array;
    own.forEach((original, i) => {
      const shifted = (delta: number): number => {
        const moved = own.slice();
        moved[i] = original + delta;
        return loss64({ ...exact, [name]: moved });
      };
      const difference = (shifted(step) - shifted(-step)) / (2 * step);
      // float32 sums of 16 tokens: a few 1e-7 of the loss's slope of order one; the bound leaves ten times that.
      expect(Math.abs((computed[i] ?? Number.NaN) - difference), `${name}[${i}]`).toBeLessThan(
        1e-5 * (1 + Math.abs(difference)),
      );
    });
  });
}

suite("gradients against a float64 loss", () => {
  for (const [name, { free, rule, scalars }] of Object.entries(rules)) {
    test(`${name}, free`, () => checkAgainstFloat64(free, { rule, scalars }));

    for (const map of [projection, projectionFromDecoder, scale, coupled] as readonly RowMap[]) {
      test(`${name}, aligned by ${map.name}`, () =>
        checkAgainstFloat64(aligned(free, { map }), { map: map.name, rule, scalars }));
    }
  }
});

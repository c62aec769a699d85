import { addN, type Scalar, type Tensor, tensor, tensor2d, valueAndGrads } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import {
  at,
  decode64,
  differences,
  normals,
  preActs64,
  randomSae,
  residuals,
  type Sae64,
  spread,
  squares,
  tensorsOf,
  tokensOf,
} from "../float64.test-support.ts";
import type { ReluConfig } from "./config.ts";
import { relu } from "./relu.ts";

const sae = randomSae(4, 9, 5);
const x = tokensOf(normals(8 * 4, 30), 4);
const latentsOf = (changed: Sae64): number[][] =>
  x.map((token) => preActs64(changed, token).map((value) => Math.max(value, 0)));
const sparsityCoefficient = 0.3;

function terms64(changed: Sae64, decoderRows: ReluConfig["decoderRows"]) {
  const latents = latentsOf(changed);
  const xHat = latents.map((values) => decode64(changed, values, true));
  const weight = (i: number): number =>
    decoderRows === "unit" ? 1 : Math.hypot(...changed.decoder.slice(i * changed.dIn, (i + 1) * changed.dIn));
  const penalty = latents.reduce((s, values) => s + values.reduce((r, v, i) => r + v * weight(i), 0), 0);
  return {
    reconstruction: squares(residuals(x, xHat)) / x.length,
    sparsity: (sparsityCoefficient * penalty) / x.length,
    explainedVariance: 1 - squares(residuals(x, xHat)) / spread(x),
  };
}

function lossOf(decoderRows: ReluConfig["decoderRows"], parameters: Record<string, Tensor>) {
  const buffers = { tokensSinceFired: tensor([5, 5, 5, 5, 5, 5, 5, 5, 5], [9], "int32") };
  const x_BD = tensor2d(x.flat(), [x.length, 4]);
  const architecture = relu({ decoderRows, deadAfterTokens: 13 });
  return architecture.loss({ parameters, buffers, x_BD, scalars: { sparsityCoefficient } });
}

const number = (t: Tensor | undefined): number => t?.dataSync()[0] ?? Number.NaN;

suite("relu() against float64", () => {
  for (const decoderRows of ["unit", "free"] as const) {
    test(`terms, statistics and buffers, ${decoderRows} decoder rows`, () => {
      const out = lossOf(decoderRows, tensorsOf(sae));
      const expected = terms64(sae, decoderRows);
      expect(Object.keys(out.terms)).toEqual(["reconstruction", "sparsity"]);
      expect(number(out.terms.reconstruction)).toBeCloseTo(expected.reconstruction, 4);
      expect(number(out.terms.sparsity)).toBeCloseTo(expected.sparsity, 5);
      expect(number(out.statistics.explainedVariance)).toBeCloseTo(expected.explainedVariance, 5);
      const latents = latentsOf(sae);
      const fires = (i: number): boolean => latents.some((values) => at(values, i) > 0);
      const counts = Array.from({ length: 9 }, (_, i) => (fires(i) ? 0 : 5 + x.length));
      expect([...(out.buffers.tokensSinceFired?.dataSync() ?? [])]).toEqual(counts);
      expect(number(out.statistics.deadLatents)).toBe(counts.filter((n) => n >= 13).length);
      expect(number(out.statistics.l0)).toBeCloseTo(latents.flat().filter((v) => v > 0).length / x.length, 6);
    });

    test(`gradients, ${decoderRows} decoder rows`, () => {
      const parameters = tensorsOf(sae);
      const names = Object.keys(parameters);
      const { grads } = valueAndGrads((...values: Tensor[]) => {
        const named = Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor]));
        return addN(Object.values(lossOf(decoderRows, named).terms)) as Scalar;
      })(names.map((name) => parameters[name] as Tensor));
      const loss = (changed: Sae64): number => {
        const { reconstruction, sparsity } = terms64(changed, decoderRows);
        return reconstruction + sparsity;
      };
      differences(sae, loss, (name, i, difference) => {
        const value = at(grads[names.indexOf(name)]?.dataSync() ?? [], i);
        // Sums of some dozens of float32 products of order one.
        expect(Math.abs(value - difference), `${name}[${i}]`).toBeLessThan(2e-5 * (1 + Math.abs(difference)));
      });
    });
  }

  test("free rows of norm zero give no NaN", () => {
    const parameters = { ...tensorsOf(sae), decoder: tensor2d(new Float32Array(36), [9, 4]) };
    const names = Object.keys(parameters);
    const { grads } = valueAndGrads(
      (...values: Tensor[]) =>
        addN(
          Object.values(
            lossOf("free", Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor]))).terms,
          ),
        ) as Scalar,
    )(Object.values(parameters));
    for (const gradient of grads) for (const value of gradient.dataSync()) expect(value).not.toBeNaN();
  });
});

suite("relu() as a value", () => {
  test("holds decoder rows at norm 1 only where told to", () => {
    expect(relu().decoderRows).toBe("unit");
    expect(relu().constrain).toBeDefined();
    expect(relu({ decoderRows: "free" }).decoderRows).toBe("free");
    expect(relu({ decoderRows: "free" }).constrain).toBeUndefined();
  });
});

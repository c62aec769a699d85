import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createReconstructionMetrics, type ReconstructionResult } from "./reconstruction.ts";

// One input on which the formulas that go by the name of explained variance in the field all differ.
const goldenX = [1, 2, 3, 2, 0, 1, 4, 1, 0, 1, 1, 2];
const goldenR = [0.5, 0, 0.5, 0.5, 0, 0.25, 0.5, 0.25, 0, 0.5, -0.25, 0.25];

function measure(
  x: ArrayLike<number>,
  xHat: ArrayLike<number>,
  options: { dIn: number; rowsPerBatch?: readonly number[] },
): ReconstructionResult {
  const { dIn, rowsPerBatch = [x.length / dIn] } = options;
  const metrics = createReconstructionMetrics({ dIn });
  const a = Float32Array.from(x);
  const b = Float32Array.from(xHat);
  let start = 0;
  for (const nRows of rowsPerBatch) {
    const end = Math.min(start + nRows * dIn, a.length);
    metrics.add({ x: a.slice(start, end), xHat: b.slice(start, end) });
    start = end;
  }
  metrics.add({ x: a.slice(start), xHat: b.slice(start) });
  return metrics.result();
}

suite("createReconstructionMetrics()", () => {
  test("gives the golden numbers of definition A and its neighbours", () => {
    // Means of x: (8/4, 4/4, 6/4) = (2, 1, 1.5). Squared deviations: column 1: 1+0+4+1 = 6, column 2: 1+1+0+0 = 2,
    // column 3: 2.25+.25+2.25+.25 = 5; in all 13. Squared errors: .5, .3125, .3125, .375; in all 1.5.
    // A = 1 − 1.5/13 = .884615…; per token 1.5/4 = .375; per element 1.5/12 = .125.
    const result = measure(
      goldenX,
      goldenX.map((x, i) => x - (goldenR[i] ?? 0)),
      { dIn: 3 },
    );
    expect(result.explainedVariance).toEqual({ value: 1 - 1.5 / 13 });
    expect(result.squaredErrorPerToken).toEqual({ value: 0.375 });
    expect(result.squaredErrorPerElement).toEqual({ value: 0.125 });
    // Published to seven places; the inputs are exact in float32.
    expect(result.errorNorm.value).toBeCloseTo(0.6093783, 7);
    expect(result.cosine.value).toBeCloseTo(0.9899737, 7);
    expect(result.l2Ratio.value).toBeCloseTo(0.8463897, 7);
    expect(result.relativeReconstructionBias.value).toBeCloseTo(0.8671329, 7);
    expect([result.nTokens, result.nZeroTokens]).toEqual([4, 0]);
  });

  test("is negative where the reconstruction is worse than the mean", () => {
    // x = 0, 2: deviation 1 + 1 = 2. xHat = 2, 0: error 4 + 4 = 8. 1 − 8/2 = −3.
    expect(measure([0, 2], [2, 0], { dIn: 1 }).explainedVariance).toEqual({ value: -3 });
  });

  test("keeps its digits under a common mean of 1e4", () => {
    const nRows = 4000;
    const x = new Float32Array(nRows * 2);
    const xHat = new Float32Array(nRows * 2);
    let word = 1;
    const noise = (): number => {
      word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
      return (word / 2 ** 32 - 0.5) * Math.sqrt(12);
    };
    for (let i = 0; i < x.length; i++) {
      x[i] = 1e4 + noise();
      xHat[i] = (x[i] ?? 0) + 0.5 * noise();
    }
    // Reference: two passes over the same float32 numbers; deviations and errors of order 1 lose nothing.
    const mean = [0, 1].map((d) => x.reduce((sum, v, i) => (i % 2 === d ? sum + (v - 1e4) : sum), 0) / nRows);
    const deviation = x.reduce((sum, v, i) => sum + (v - 1e4 - (mean[i % 2] ?? 0)) ** 2, 0);
    const error = x.reduce((sum, v, i) => sum + (v - (xHat[i] ?? 0)) ** 2, 0);
    const value = measure(x, xHat, { dIn: 2 }).explainedVariance.value ?? Number.NaN;
    // Welford's mean is rounded at 1e4 · 2^-53 a step; 1e-10 is a hundred times what that can do to the deviation.
    expect(Math.abs(value - (1 - error / deviation))).toBeLessThan(1e-10);
    expect(value).toBeGreaterThan(0.7);
  });

  test("survives a first token far from all others", () => {
    // x = 1e6 once, then ±1 in turn: mean m = 1e6 / 1001; deviation = (1e6 − m)² + 1000 (1 + m²).
    const x = [1e6, ...Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 1 : -1))];
    const mean = 1e6 / 1001;
    const deviation = (1e6 - mean) ** 2 + 1000 * (1 + mean * mean);
    const xHat = [1e6, ...new Array<number>(1000).fill(0)];
    const value = measure(x, xHat, { dIn: 1 }).explainedVariance.value ?? Number.NaN;
    expect((1 - value) * deviation).toBeCloseTo(1000, 3);
  });

  test("does not depend on how tokens are batched, to the bit", () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e5, max: 1e5 });
    const rows = fc.array(fc.tuple(number, number, number, number), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(rows, fc.array(fc.nat(7)), (pairs, rowsPerBatch) => {
        const x = pairs.flatMap((pair) => pair.slice(0, 2));
        const xHat = pairs.flatMap((pair) => pair.slice(2));
        const whole = measure(x, xHat, { dIn: 2 });
        expect(measure(x, xHat, { dIn: 2, rowsPerBatch })).toEqual(whole);
      }),
    );
  });

  test("says 1 for perfection and 0 for the mean, however batched", () => {
    const rows = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: -10_000, max: 10_000 }),
        fc.array(fc.nat(5)),
        (values, offset, rowsPerBatch) => {
          const x = values.map((value) => value + offset);
          fc.pre(x.some((value) => value !== x[0]));
          expect(measure(x, x, { dIn: 1, rowsPerBatch }).explainedVariance).toEqual({ value: 1 });
          const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
          const predicted = measure(
            x,
            x.map(() => mean),
            { dIn: 1, rowsPerBatch },
          );
          // The mean is rounded to float32: off by 11000 · 2^-24 < 7e-4, squared 5e-7 a token, against a variance of at
          // least 1/2 · 1/n (one of n ≤ 40 integers differs by 1): below 5e-7 · 80.
          expect(Math.abs(predicted.explainedVariance.value ?? 1)).toBeLessThan(4e-5);
        },
      ),
    );
  });

  test("has no value, and says why, where there is none", () => {
    const none = createReconstructionMetrics({ dIn: 2 }).result();
    expect(none.explainedVariance).toEqual({ value: null, reason: "no tokens" });
    expect(none.cosine).toEqual({ value: null, reason: "no token with a norm above 0" });
    const one = measure([3, 4], [3, 3], { dIn: 2 });
    expect(one.explainedVariance).toEqual({ value: null, reason: "x does not vary over the 1 tokens" });
    expect(one.squaredErrorPerToken).toEqual({ value: 1 });
    const constant = measure([0.1, 0.1, 0.1], [0, 0, 0], { dIn: 1 });
    expect(constant.explainedVariance).toEqual({ value: null, reason: "x does not vary over the 3 tokens" });
    expect(constant.relativeReconstructionBias).toEqual({ value: null, reason: "the mean of x · xHat is 0" });
  });

  test("leaves tokens without a direction out of cosine and ratio, and counts them", () => {
    // x = 0: no direction. x = 2, xHat = 0: cosine 0, ratio 0. x = 2, xHat = 4: cosine 1, ratio 2.
    const result = measure([0, 2, 2], [1, 0, 4], { dIn: 1 });
    expect(result.nZeroTokens).toBe(1);
    expect(result.cosine).toEqual({ value: 0.5 });
    expect(result.l2Ratio).toEqual({ value: 1 });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "names the first token whose reconstruction is %s",
    (bad) => {
      const reason = "x or xHat is not finite, first in token 1";
      const result = measure([1, 2, 3], [1, bad, 3], { dIn: 1 });
      for (const name of [
        "explainedVariance",
        "squaredErrorPerToken",
        "cosine",
        "l2Ratio",
        "outputNorm",
      ] as const) {
        expect(result[name]).toEqual({ value: null, reason });
      }
      expect(result.inputNorm).toEqual({ value: 2 });
    },
  );

  test("refuses broken shapes", () => {
    const metrics = createReconstructionMetrics({ dIn: 2 });
    expect(() => metrics.add({ x: new Float32Array(3), xHat: new Float32Array(3) })).toThrow(
      "whole rows of 2",
    );
    expect(() => metrics.add({ x: new Float32Array(4), xHat: new Float32Array(2) })).toThrow(
      "4 values like x, got 2",
    );
    expect(() => createReconstructionMetrics({ dIn: 0 })).toThrow("at least 1, got 0");
  });
});

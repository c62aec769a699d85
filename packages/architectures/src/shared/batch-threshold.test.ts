import { type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { tensorsFrom } from "../float64.test-support.ts";
import { nextThreshold, type ThresholdConfig, thresholdBuffers, thresholdForAll } from "./batch-threshold.ts";

/** Smallest positive entries 4, none, 2, 6. The −1 and the zeros do not count. */
const batches: readonly Tensor2D[] = [
  [
    [0, 5],
    [4, 0],
  ],
  [
    [0, 0],
    [-1, 0],
  ],
  [
    [2, 0],
    [9, 3],
  ],
  [
    [6, 0],
    [0, 0],
  ],
].map((rows) => tensor2d(rows));

/** The threshold after each batch. */
function thresholds(config: Partial<ThresholdConfig>): number[] {
  const full = {
    thresholdDecay: 0.75,
    thresholdAfterBatches: 0,
    thresholdAverage: "corrected",
    ...config,
  } as const;
  let buffers: Readonly<Record<string, Tensor>> = tensorsFrom(thresholdBuffers());
  return batches.map((latents_BF) => {
    buffers = nextThreshold(full, buffers, latents_BF);
    return buffers.threshold?.dataSync()[0] ?? Number.NaN;
  });
}

// Quarters throughout: all but the corrected quotients are exact in float32.
suite("nextThreshold()", () => {
  test("from-zero-defect: an average from 0, too small at first", () => {
    // 0 + 4/4 = 1; left alone; 1 + (2 − 1)/4 = 1.25; 1.25 + (6 − 1.25)/4 = 2.4375.
    expect(thresholds({ thresholdAverage: "from-zero-defect" })).toEqual([1, 1, 1.25, 2.4375]);
  });

  test("corrected: the same average over the weight that it has gathered", () => {
    // Weights 1 − 0.75^n of n updates: 1/4, 1/4, 7/16, 37/64. So 1 · 4; 1.25 · 16/7; 2.4375 · 64/37.
    const got = thresholds({ thresholdAverage: "corrected" });
    [4, 4, 20 / 7, 156 / 37].forEach((expected, i) => {
      expect(got[i]).toBeCloseTo(expected, 6);
    });
    // The first one is the batch's own value, whatever the decay.
    for (const thresholdDecay of [0, 0.3, 0.999, 0.999999]) {
      expect(thresholds({ thresholdDecay })[0]).toBe(4);
    }
  });

  test("first-value: an average from the first value", () => {
    // 4; left alone; 4 + (2 − 4)/4 = 3.5; 3.5 + (6 − 3.5)/4 = 4.125.
    expect(thresholds({ thresholdAverage: "first-value" })).toEqual([4, 4, 3.5, 4.125]);
  });

  test("waits for so many batches, those without a positive latent counted", () => {
    const late = { thresholdAfterBatches: 2 };
    // Two batches pass; then from 2: corrected 2, then (0.25 · 0.75 · 2 + 0.25 · 6) / (7/16) = 1.875 · 16/7.
    const corrected = thresholds(late);
    expect(corrected.slice(0, 3)).toEqual([0, 0, 2]);
    expect(corrected[3]).toBeCloseTo(30 / 7, 6);
    expect(thresholds({ ...late, thresholdAverage: "first-value" })).toEqual([0, 0, 2, 3]);
    expect(thresholds({ ...late, thresholdAverage: "from-zero-defect" })).toEqual([0, 0, 0.5, 1.875]);
    expect(thresholds({ thresholdAfterBatches: 9 })).toEqual([0, 0, 0, 0]);
  });

  test("starts from the first batch with a positive latent, wherever it is", () => {
    // Only the second batch is due at first, and it has none.
    const late = { thresholdAfterBatches: 1, thresholdAverage: "first-value" } as const;
    expect(thresholds(late)).toEqual([0, 0, 2, 3]);
  });

  test("of a value that never changes is that value", () => {
    const latents_BF = tensor2d([[0.1, 0.7]]);
    let buffers: Readonly<Record<string, Tensor>> = tensorsFrom(thresholdBuffers());
    const config = {
      thresholdDecay: 0.999,
      thresholdAfterBatches: 0,
      thresholdAverage: "corrected",
    } as const;
    for (let i = 0; i < 50; i++) {
      buffers = nextThreshold(config, buffers, latents_BF);
      // Two sums of the same shares: their quotient is off by a few roundings at most.
      expect(Math.abs((buffers.threshold?.dataSync()[0] ?? 0) / Math.fround(0.1) - 1)).toBeLessThan(1e-6);
    }
  });

  test("keeps the dtypes and shapes of its buffers", () => {
    const fresh = tensorsFrom(thresholdBuffers());
    const next = nextThreshold(
      { thresholdDecay: 0.9, thresholdAfterBatches: 0, thresholdAverage: "corrected" },
      fresh,
      batches[0] as Tensor2D,
    );
    expect(Object.keys(next).sort()).toEqual(Object.keys(fresh).sort());
    for (const [name, buffer] of Object.entries(next)) {
      expect([name, buffer.dtype, buffer.shape]).toEqual([name, fresh[name]?.dtype, fresh[name]?.shape]);
    }
  });
});

suite("thresholdForAll()", () => {
  test("repeats the threshold for every latent", () => {
    const buffers = tensorsFrom({ threshold: { shape: [1], data: Float32Array.of(0.5) } });
    expect([...thresholdForAll(buffers, 3).dataSync()]).toEqual([0.5, 0.5, 0.5]);
  });
});

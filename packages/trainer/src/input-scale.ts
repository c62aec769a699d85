import { type ActivationStatistics, PlumblineError } from "@plumbline/core";

/**
 * The factor that brings activations to `E‖x‖² = 1`, so that learning rates and coefficients carry over between models and hook
 * points: `1 / √(mean of ‖x‖²)`.
 *
 * @throws PlumblineError `no-scale` where the activations are all zero or their mean square is not finite
 * @example
 * import { inputScaleFor } from "@plumbline/trainer";
 *
 * console.log(inputScaleFor({ nRows: 10, mean: new Float32Array(4), meanSquaredNorm: 16 })); // 0.25
 */
export function inputScaleFor(statistics: ActivationStatistics): number {
  const { meanSquaredNorm } = statistics;
  if (!(meanSquaredNorm > 0 && Number.isFinite(meanSquaredNorm))) {
    throw new PlumblineError({
      code: "no-scale",
      kind: "input",
      message: `[trainer] inputScaleFor(): expected a mean squared norm above 0, got ${meanSquaredNorm}`,
      hint: "the activations are all zero or damaged; extract them again",
    });
  }
  return 1 / Math.sqrt(meanSquaredNorm);
}

/** Writes `scale · batch` into `out` and returns it; the batch itself, which is never written to, where the scale is 1. */
export function scaled(batch: Float32Array, scale: number, out: Float32Array): Float32Array {
  if (scale === 1) return batch;
  for (let i = 0; i < batch.length; i++) out[i] = (batch[i] ?? 0) * scale;
  return out;
}

/**
 * Refuses a batch of another length: a shorter one would be filled up with what the last one left behind.
 *
 * @throws PlumblineError `shape-mismatch`
 */
export function checkBatch(batch: Float32Array, expected: { length: number; step: number }): void {
  if (batch.length === expected.length) return;
  throw new PlumblineError({
    code: "shape-mismatch",
    kind: "input",
    message: `[trainer] train(): expected a batch of ${expected.length} values, batchSize × dIn, got ${batch.length}`,
    where: `step ${expected.step}`,
    hint: "a batch source yields whole batches, across the end of an epoch",
  });
}

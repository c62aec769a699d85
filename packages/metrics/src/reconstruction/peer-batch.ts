/** Sums over the tokens of one batch, in float64. `r = x − xHat`; means are the batch's own, per dimension. */
export interface BatchSums {
  readonly nRows: number;
  readonly dIn: number;
  /** Σ‖r‖² */
  readonly squaredError: number;
  /** Σ‖r − mean of r‖² */
  readonly errorDeviation: number;
  /** Σ‖x‖² */
  readonly squaredInput: number;
  /** Σ‖x − mean of x‖² */
  readonly inputDeviation: number;
  /** Σ (x − μ)², μ the mean over tokens and dimensions */
  readonly scalarDeviation: number;
  /** Σ‖xHat‖² */
  readonly squaredOutput: number;
  /** Σ⟨x, xHat⟩ */
  readonly product: number;
  readonly errorNorm: number;
  readonly inputNorm: number;
  /** Σ cosine; NaN with a norm of 0 */
  readonly cosine: number;
  /** Σ ‖xHat‖ / ‖x‖; not finite with ‖x‖ = 0 */
  readonly l2Ratio: number;
  /** the same, with ‖x‖ below 1e-4 taken as 1 */
  readonly guardedL2Ratio: number;
  /** Σ ‖r‖² / ‖x − mean of x‖² */
  readonly deviationRatio: number;
  /** Σ ‖r‖² / ‖x‖² */
  readonly inputRatio: number;
  /** Σ ‖r‖² / (s + 1e-5)², s the unbiased standard deviation of the token's values */
  readonly standardizedError: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** ‖x‖ below this is divided by as 1, as SAELens has it. */
const smallestNorm = 1e-4;
/** What BatchTopK adds to a standard deviation. */
const standardDeviationEpsilon = 1e-5;

function emptyBatch(nRows: number, dIn: number): Mutable<BatchSums> {
  return {
    nRows,
    dIn,
    squaredError: 0,
    errorDeviation: 0,
    squaredInput: 0,
    inputDeviation: 0,
    scalarDeviation: 0,
    squaredOutput: 0,
    product: 0,
    errorNorm: 0,
    inputNorm: 0,
    cosine: 0,
    l2Ratio: 0,
    guardedL2Ratio: 0,
    deviationRatio: 0,
    inputRatio: 0,
    standardizedError: 0,
  };
}

/** Means of a batch; sums of float32 numbers are exact here, so that a constant has deviations of exactly 0. */
function meansOf(x: Float32Array, xHat: Float32Array, dIn: number) {
  const nRows = x.length / dIn;
  const input = new Float64Array(dIn);
  const error = new Float64Array(dIn);
  let total = 0;
  for (let i = 0; i < x.length; i++) {
    const d = i % dIn;
    const value = x[i] ?? 0;
    input[d] = (input[d] ?? 0) + value;
    error[d] = (error[d] ?? 0) + (value - (xHat[i] ?? 0));
    total += value;
  }
  return {
    input: input.map((sum) => sum / nRows),
    error: error.map((sum) => sum / nRows),
    scalar: total / x.length,
  };
}

/** Unbiased variance over the dimensions of one token; NaN for one dimension, as in torch. */
function tokenVariance(x: Float32Array, offset: number, dIn: number): number {
  let sum = 0;
  for (let d = offset; d < offset + dIn; d++) sum += x[d] ?? 0;
  const mean = sum / dIn;
  let squares = 0;
  for (let d = offset; d < offset + dIn; d++) squares += ((x[d] ?? 0) - mean) ** 2;
  return squares / (dIn - 1);
}

/**
 * Sums over one batch, in two passes: means first, then deviations from them, so that a large common mean costs no digits.
 *
 * @param x `[nRows, dIn]`, row-major
 * @param xHat the same shape
 */
export function sumBatch(x: Float32Array, xHat: Float32Array, dIn: number): BatchSums {
  const means = meansOf(x, xHat, dIn);
  const sums = emptyBatch(x.length / dIn, dIn);
  for (let offset = 0; offset < x.length; offset += dIn) {
    let [xx, yy, xy, rr, deviation] = [0, 0, 0, 0, 0];
    for (let d = 0; d < dIn; d++) {
      const a = x[offset + d] ?? 0;
      const b = xHat[offset + d] ?? 0;
      const r = a - b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
      rr += r * r;
      deviation += (a - (means.input[d] ?? 0)) ** 2;
      sums.errorDeviation += (r - (means.error[d] ?? 0)) ** 2;
      sums.scalarDeviation += (a - means.scalar) ** 2;
    }
    const inputNorm = Math.sqrt(xx);
    const outputNorm = Math.sqrt(yy);
    sums.squaredError += rr;
    sums.squaredInput += xx;
    sums.inputDeviation += deviation;
    sums.squaredOutput += yy;
    sums.product += xy;
    sums.errorNorm += Math.sqrt(rr);
    sums.inputNorm += inputNorm;
    sums.cosine += xy / (inputNorm * outputNorm);
    sums.l2Ratio += outputNorm / inputNorm;
    sums.guardedL2Ratio += outputNorm / (inputNorm < smallestNorm ? 1 : inputNorm);
    sums.deviationRatio += rr / deviation;
    sums.inputRatio += rr / xx;
    const scale = Math.sqrt(tokenVariance(x, offset, dIn)) + standardDeviationEpsilon;
    sums.standardizedError += rr / (scale * scale);
  }
  return sums;
}

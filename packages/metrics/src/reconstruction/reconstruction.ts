import { PlumblineError } from "@plumbline/core";
import { checkCount, countRows } from "../values/check-rows.ts";
import { createColumnMoments } from "../values/column-moments.ts";
import { defined, type MetricValue, notDefined, ratio } from "../values/metric-value.ts";

/** How well `xHat` stands for `x`, over all tokens seen. Formulas are in `metricDefinitions`. */
export interface ReconstructionResult {
  readonly nTokens: number;
  /** tokens with ‖x‖ = 0: they count everywhere but in `cosine` and `l2Ratio`, which have no value on them */
  readonly nZeroTokens: number;
  readonly explainedVariance: MetricValue;
  readonly squaredErrorPerToken: MetricValue;
  readonly squaredErrorPerElement: MetricValue;
  readonly errorNorm: MetricValue;
  readonly inputNorm: MetricValue;
  readonly outputNorm: MetricValue;
  readonly cosine: MetricValue;
  readonly l2Ratio: MetricValue;
  readonly relativeReconstructionBias: MetricValue;
}

/** Accumulates reconstruction metrics; see {@link createReconstructionMetrics}. */
export interface ReconstructionMetrics {
  /**
   * Takes `x` and `xHat`, both `[nRows, dIn]`, row-major.
   *
   * @throws PlumblineError `shape-mismatch`
   */
  add(batch: { readonly x: Float32Array; readonly xHat: Float32Array }): void;
  /** metrics over all tokens so far; may be asked for at any time */
  result(): ReconstructionResult;
}

interface Sums {
  squaredError: number;
  squaredInput: number;
  squaredOutput: number;
  product: number;
  errorNorm: number;
  inputNorm: number;
  outputNorm: number;
  cosine: number;
  l2Ratio: number;
  nZeroTokens: number;
  firstNotFinite: number | undefined;
}

function emptySums(): Sums {
  return {
    squaredError: 0,
    squaredInput: 0,
    squaredOutput: 0,
    product: 0,
    errorNorm: 0,
    inputNorm: 0,
    outputNorm: 0,
    cosine: 0,
    l2Ratio: 0,
    nZeroTokens: 0,
    firstNotFinite: undefined,
  };
}

/** Adds one token. `token` is its number from 0, for the message about values that are not finite. */
function addToken(
  sums: Sums,
  batch: { x: Float32Array; xHat: Float32Array; offset: number; dIn: number; token: number },
): void {
  const { x, xHat, offset, dIn, token } = batch;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  let rr = 0;
  for (let d = offset; d < offset + dIn; d++) {
    const a = x[d] ?? 0;
    const b = xHat[d] ?? 0;
    xx += a * a;
    yy += b * b;
    xy += a * b;
    rr += (a - b) * (a - b);
  }
  // Squares of float32 numbers do not overflow float64: the sum is finite exactly when every value is.
  if (!Number.isFinite(xx + yy)) sums.firstNotFinite ??= token;
  sums.squaredError += rr;
  sums.squaredInput += xx;
  sums.squaredOutput += yy;
  sums.product += xy;
  const inputNorm = Math.sqrt(xx);
  const outputNorm = Math.sqrt(yy);
  sums.errorNorm += Math.sqrt(rr);
  sums.inputNorm += inputNorm;
  sums.outputNorm += outputNorm;
  if (xx === 0) {
    sums.nZeroTokens++;
    return;
  }
  sums.l2Ratio += outputNorm / inputNorm;
  // Not `yy > 0`: that would count a NaN as 0.
  if (yy !== 0) sums.cosine += xy / (inputNorm * outputNorm);
}

function resultOf(
  sums: Sums,
  nTokens: number,
  totals: { squaredDeviation: number; dIn: number },
): ReconstructionResult {
  const { squaredDeviation, dIn } = totals;
  const bad = sums.firstNotFinite;
  const why = (reason: string): string =>
    bad === undefined ? reason : `x or xHat is not finite, first in token ${bad}`;
  const perToken = (sum: number): MetricValue => ratio(sum, nTokens, why("no tokens"));
  const perDirection = (sum: number): MetricValue =>
    ratio(sum, nTokens - sums.nZeroTokens, why("no token with a norm above 0"));
  const constant = nTokens === 0 ? "no tokens" : `x does not vary over the ${nTokens} tokens`;
  const unexplained = ratio(sums.squaredError, squaredDeviation, why(constant));
  return {
    nTokens,
    nZeroTokens: sums.nZeroTokens,
    explainedVariance: unexplained.value === null ? unexplained : defined(1 - unexplained.value),
    squaredErrorPerToken: perToken(sums.squaredError),
    squaredErrorPerElement: ratio(sums.squaredError, nTokens * dIn, why("no tokens")),
    errorNorm: perToken(sums.errorNorm),
    inputNorm: perToken(sums.inputNorm),
    outputNorm: perToken(sums.outputNorm),
    cosine: perDirection(sums.cosine),
    l2Ratio: perDirection(sums.l2Ratio),
    relativeReconstructionBias:
      nTokens === 0
        ? notDefined("no tokens")
        : ratio(sums.squaredOutput, sums.product, why("the mean of x · xHat is 0")),
  };
}

/**
 * Reconstruction metrics over a stream of tokens: explained variance, squared error, cosine, norms and reconstruction bias.
 *
 * Sums are float64, taken token by token, and divided once at the end: how tokens are grouped into batches changes no bit
 * of the result. Explained variance is `1 − Σ‖x − xHat‖² / Σ‖x − mean‖²` with the mean over **all** tokens seen, per
 * dimension: predicting that mean explains 0, perfection explains 1, anything worse than the mean is negative. Where a
 * number has no value (no tokens, tokens that do not vary, values that are not finite) it is `{ value: null, reason }`.
 *
 * @param options `dIn`: width of `x` and `xHat`
 * @throws PlumblineError `bad-option`
 * @source definitions with their origin: `metricDefinitions`
 * @example
 * import { createReconstructionMetrics } from "@plumbline/metrics";
 *
 * const metrics = createReconstructionMetrics({ dIn: 1 });
 * metrics.add({ x: Float32Array.of(1, 3), xHat: Float32Array.of(1, 2) });
 * console.log(metrics.result().explainedVariance); // { value: 0.5 }
 */
export function createReconstructionMetrics(options: { readonly dIn: number }): ReconstructionMetrics {
  const { dIn } = options;
  checkCount(dIn, { from: "createReconstructionMetrics()", what: "dIn" });
  const moments = createColumnMoments(dIn);
  const sums = emptySums();
  return {
    add: ({ x, xHat }) => {
      const nRows = countRows({ length: x.length, width: dIn, from: "add()", what: "x" });
      if (xHat.length !== x.length) {
        throw new PlumblineError({
          code: "shape-mismatch",
          kind: "usage",
          message: `[metrics] add(): expected xHat of ${x.length} values like x, got ${xHat.length}`,
        });
      }
      for (let row = 0; row < nRows; row++) {
        addToken(sums, { x, xHat, offset: row * dIn, dIn, token: moments.nRows });
        moments.addRow(x, row * dIn);
      }
    },
    result: () => resultOf(sums, moments.nRows, { squaredDeviation: moments.squaredDeviation(), dIn }),
  };
}

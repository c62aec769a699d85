import { PlumblineError } from "@plumbline/core";
import { checkCount, countRows } from "../values/check-rows.ts";
import { defined, type MetricValue, notDefined } from "../values/metric-value.ts";
import { createPeerMeans } from "../values/peer-means.ts";
import { type BatchSums, sumBatch } from "./peer-batch.ts";
import type { PeerReconstructionMetricName } from "./peer-definitions.ts";
import { type PeerRatioName, peerMeans } from "./peer-formulas.ts";

/** What other libraries would say of the same `x` and `xHat`. Formulas are in `peerReconstructionDefinitions`. */
export interface PeerReconstructionResult
  extends Readonly<Record<PeerReconstructionMetricName, MetricValue>> {
  readonly nTokens: number;
  /** batches with at least one token */
  readonly nBatches: number;
}

/** Accumulates what other libraries report; see {@link createPeerReconstructionMetrics}. */
export interface PeerReconstructionMetrics {
  /**
   * Takes one of the other library's batches: `x` and `xHat`, both `[nRows, dIn]`, row-major. A batch without rows is passed
   * over.
   *
   * @throws PlumblineError `shape-mismatch`
   */
  add(batch: { readonly x: Float32Array; readonly xHat: Float32Array }): void;
  /** numbers over all batches so far; may be asked for at any time */
  result(): PeerReconstructionResult;
}

/** Sums over batches for {@link PeerRatioName}. */
interface Totals {
  squaredError: number;
  squaredInput: number;
  /** Σ over batches of their mean ‖r‖², and of their mean ‖x‖² */
  meanSquaredError: number;
  meanSquaredInput: number;
  nBatches: number;
  firstNotFinite: number | undefined;
}

function addBatch(totals: Totals, sums: BatchSums): void {
  // Squares of float32 numbers do not overflow float64: the sum is finite exactly when every value is.
  if (!Number.isFinite(sums.squaredInput + sums.squaredOutput)) totals.firstNotFinite ??= totals.nBatches;
  totals.squaredError += sums.squaredError;
  totals.squaredInput += sums.squaredInput;
  totals.meanSquaredError += sums.squaredError / sums.nRows;
  totals.meanSquaredInput += sums.squaredInput / sums.nRows;
  totals.nBatches++;
}

function ratiosOf(totals: Totals, dIn: number): Record<PeerRatioName, MetricValue> {
  const { squaredError, squaredInput, nBatches } = totals;
  if (nBatches === 0) {
    return {
      explainedVarianceSaeLens618: notDefined("no tokens"),
      explainedVarianceUncentred: notDefined("no tokens"),
    };
  }
  const error = totals.meanSquaredError / nBatches;
  const input = totals.meanSquaredInput / nBatches;
  const m = input / dIn;
  return {
    explainedVarianceSaeLens618: defined(1 - error / (input - m * m), "mean‖x‖² equals m²"),
    explainedVarianceUncentred: defined(1 - squaredError / squaredInput, "x is 0 on all tokens"),
  };
}

/**
 * What other libraries report on the same reconstruction, each under a name that says whose: explained variance of
 * dictionary_learning, SAELens, SAEBench, sparsify, OpenAI, Overcomplete, OpenMOSS and BatchTopK, and their errors, cosines and
 * ratios. For comparing with numbers that they published; {@link createReconstructionMetrics} has the ones to report.
 *
 * Several of these formulas depend on batches: one call of `add` is one batch of theirs. Sums are float64. Where their formula
 * gives NaN or an infinity, the number is `{ value: null, reason }`.
 *
 * @param options `dIn`: width of `x` and `xHat`
 * @throws PlumblineError `bad-option`
 * @source `peerReconstructionDefinitions`; agrees with dictionary_learning 0.1.0, SAELens 6.18.0, SAEBench 0.6.0 and
 *   Overcomplete 0.3.0 in `fixtures/golden-metrics` to 1e-12 where they run in float64
 * @example
 * import { createPeerReconstructionMetrics } from "@plumbline/metrics";
 *
 * const metrics = createPeerReconstructionMetrics({ dIn: 1 });
 * metrics.add({ x: Float32Array.of(1, 3), xHat: Float32Array.of(0, 2) });
 * const { explainedVarianceDictionaryLearning, fvuSparsify } = metrics.result();
 * console.log(explainedVarianceDictionaryLearning, fvuSparsify); // { value: 1 } { value: 1 }
 */
export function createPeerReconstructionMetrics(options: {
  readonly dIn: number;
}): PeerReconstructionMetrics {
  const { dIn } = options;
  checkCount(dIn, { from: "createPeerReconstructionMetrics()", what: "dIn" });
  const accumulated = createPeerMeans(peerMeans);
  const totals: Totals = {
    squaredError: 0,
    squaredInput: 0,
    meanSquaredError: 0,
    meanSquaredInput: 0,
    nBatches: 0,
    firstNotFinite: undefined,
  };
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
      if (nRows === 0) return;
      const sums = sumBatch(x, xHat, dIn);
      accumulated.add(sums, nRows);
      addBatch(totals, sums);
    },
    result: () => {
      const numbers = { ...accumulated.result(), ...ratiosOf(totals, dIn) };
      const { nTokens, nBatches } = accumulated;
      const bad = totals.firstNotFinite;
      if (bad === undefined) return { ...numbers, nTokens, nBatches };
      const none = notDefined(`x or xHat is not finite, first in batch ${bad}`);
      const undefinedNumbers = Object.fromEntries(Object.keys(numbers).map((name) => [name, none]));
      return { ...(undefinedNumbers as typeof numbers), nTokens, nBatches };
    },
  };
}

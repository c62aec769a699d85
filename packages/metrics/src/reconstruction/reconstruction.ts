import { PlumblineError } from "@plumbline/core";
import { checkCount, countRows } from "../values/check-rows.ts";
import { type ColumnMoments, createColumnMoments, mergeMoments } from "../values/column-moments.ts";
import { type Confidence, confidenceOf } from "../values/confidence.ts";
import { defined, type MetricValue, notDefined, ratio } from "../values/metric-value.ts";
import { createTokenBlocks, type TokenBlock } from "../values/token-blocks.ts";
import type { ReconstructionMetricName } from "./definitions.ts";
import { addSums, addToken, emptySums, type TokenSums } from "./token-sums.ts";

/** How well `xHat` stands for `x`, over all tokens seen. Formulas are in `metricDefinitions`. */
export interface ReconstructionResult extends Readonly<Record<ReconstructionMetricName, MetricValue>> {
  readonly nTokens: number;
  /** tokens with ‖x‖ = 0: they count everywhere but in `cosine` and `l2Ratio`, which have no value on them */
  readonly nZeroTokens: number;
  /** 95 % intervals by blocks of tokens */
  readonly confidence: Confidence<ReconstructionMetricName>;
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

/** Sums over one block of tokens. */
interface BlockSums {
  readonly sums: TokenSums;
  readonly moments: ColumnMoments;
}

/** What formulas are made from: all tokens, or all but some. */
interface Whole {
  readonly sums: TokenSums;
  readonly nTokens: number;
  /** Σ‖x − mean‖² */
  readonly squaredDeviation: number;
}

function metricsOf(
  { sums, nTokens, squaredDeviation }: Whole,
  { dIn, firstNotFinite }: { dIn: number; firstNotFinite: number | undefined },
): Record<ReconstructionMetricName, MetricValue> {
  const why = (reason: string): string =>
    firstNotFinite === undefined ? reason : `x or xHat is not finite, first in token ${firstNotFinite}`;
  const perToken = (sum: number): MetricValue => ratio(sum, nTokens, why("no tokens"));
  const perDirection = (sum: number): MetricValue =>
    ratio(sum, nTokens - sums.nZeroTokens, why("no token with a norm above 0"));
  const constant = nTokens === 0 ? "no tokens" : `x does not vary over the ${nTokens} tokens`;
  const unexplained = ratio(sums.squaredError, squaredDeviation, why(constant));
  return {
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

/** All tokens, and all but those of a block. */
function wholeOf(
  blocks: readonly TokenBlock<BlockSums>[],
  dIn: number,
): { whole: Whole; without: (block: number) => Whole } {
  const all = blocks.reduce<BlockSums>(
    (total, { sums: block }) => ({
      sums: addSums(total.sums, block.sums),
      moments: mergeMoments(total.moments, block.moments),
    }),
    { sums: emptySums(), moments: createColumnMoments(dIn) },
  );
  const { nRows: nTokens, mean, squaredDeviation } = all.moments;
  return {
    whole: { sums: all.sums, nTokens, squaredDeviation },
    without: (index) => {
      const { sums, moments } = (blocks[index] as TokenBlock<BlockSums>).sums;
      let apart = 0;
      for (let column = 0; column < dIn; column++) {
        apart += ((moments.mean[column] ?? 0) - (mean[column] ?? 0)) ** 2;
      }
      const rest = nTokens - moments.nRows;
      // Off the whole mean first, then off the mean of the rest, which lies elsewhere.
      const shift = rest === 0 ? 0 : (moments.nRows ** 2 * apart) / rest;
      const deviation = squaredDeviation - moments.squaredDeviation - moments.nRows * apart - shift;
      return {
        sums: addSums(all.sums, sums, -1),
        nTokens: rest,
        squaredDeviation: Math.max(0, deviation),
      };
    },
  };
}

/**
 * Reconstruction metrics over a stream of tokens: explained variance, squared error, cosine, norms and reconstruction bias.
 *
 * Sums are float64, taken token by token in blocks that depend on the tokens' numbers, and divided once at the end: how tokens are
 * grouped into batches changes no bit of the result. Explained variance is `1 − Σ‖x − xHat‖² / Σ‖x − mean‖²` with the mean over **all** tokens seen, per
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
  const tokens = createTokenBlocks<BlockSums>({
    empty: () => ({ sums: emptySums(), moments: createColumnMoments(dIn) }),
    merge: ({ sums: a }, { sums: b }) => ({
      sums: addSums(a.sums, b.sums),
      moments: mergeMoments(a.moments, b.moments),
    }),
  });
  let nTokens = 0;
  let firstNotFinite: number | undefined;
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
        const { sums, moments } = tokens.next();
        const areFinite = addToken(sums, { x, xHat, offset: row * dIn, dIn });
        if (!areFinite) firstNotFinite ??= nTokens;
        moments.addRow(x, row * dIn);
        nTokens++;
      }
    },
    result: () => {
      const { whole, without } = wholeOf(tokens.blocks, dIn);
      const context = { dIn, firstNotFinite };
      const metrics = metricsOf(whole, context);
      const { nZeroTokens } = whole.sums;
      return {
        nTokens,
        nZeroTokens,
        ...metrics,
        confidence: confidenceOf(tokens.blocks, metrics, (block) => metricsOf(without(block), context)),
      };
    },
  };
}

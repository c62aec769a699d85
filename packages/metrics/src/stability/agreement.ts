import { type Distribution, distributionOf } from "../values/distribution.ts";
import { type Histogram, histogramOf } from "../values/histogram.ts";
import { type MetricValue, notDefined, ratio } from "../values/metric-value.ts";
import type { RowMatches } from "./row-matches.ts";

/** How far the rows of two dictionaries agree. */
export interface RowAgreement {
  readonly nRows: readonly [number, number];
  /** of the rows of the first, and of those of the second */
  readonly meanMaxCosine: readonly [MetricValue, MetricValue];
  readonly matchedCosine: MetricValue;
  /** no assignment has a larger mean; equal to `matchedCosine` where `method` is exact */
  readonly matchedCosineAtMost: MetricValue;
  readonly method: "exact" | "bounded";
  readonly shareMatchedAbove: MetricValue;
  /** of matched cosines */
  readonly distribution: Distribution;
  readonly histogram: Histogram;
}

/** −1, −0.95, … 1, so that histograms of different comparisons lie on top of each other. */
const cosineEdges: readonly number[] = Array.from({ length: 41 }, (_, i) => (i - 20) / 20);

const noLatents = "one of the dictionaries has no latents";

function mean(values: Float32Array, n: number): MetricValue {
  return ratio(
    values.reduce((sum, value) => sum + value, 0),
    n,
    noLatents,
  );
}

/** Summary of matched rows. */
export function agreementOf(matches: RowMatches, threshold: number): RowAgreement {
  const { nRows, nColumns, rowMaxima, columnMaxima, sumAtMost, method } = matches;
  const cosines = matches.cosines.filter((cosine) => !Number.isNaN(cosine));
  const n = cosines.length;
  const isEmpty = nRows === 0 || nColumns === 0;
  return {
    nRows: [nRows, nColumns],
    meanMaxCosine: isEmpty
      ? [notDefined(noLatents), notDefined(noLatents)]
      : [mean(rowMaxima, nRows), mean(columnMaxima, nColumns)],
    matchedCosine: mean(cosines, n),
    matchedCosineAtMost: ratio(sumAtMost, n, noLatents),
    method,
    shareMatchedAbove: ratio(cosines.filter((cosine) => cosine > threshold).length, n, noLatents),
    distribution: distributionOf(cosines, { reason: noLatents }),
    // Rounding may take a cosine a little past 1.
    histogram: histogramOf(
      cosines.map((cosine) => Math.min(1, Math.max(-1, cosine))),
      cosineEdges,
    ),
  };
}

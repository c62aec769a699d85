import { PlumblineError } from "@plumbline/core";
import { type Distribution, distributionOf } from "../values/distribution.ts";
import { type Histogram, histogramOf } from "../values/histogram.ts";
import { type MetricValue, notDefined, ratio } from "../values/metric-value.ts";

/** Where the alignment scores of a set of latents lie. */
export interface AlignmentSummary {
  /** over latents */
  readonly distribution: Distribution;
  readonly histogram: Histogram;
  /** scores that are not finite: they are in no bin, and leave the distribution undefined */
  readonly nNotFinite: number;
  /** share of latents with a score in [0.9, 1.1] */
  readonly shareNearOne: MetricValue;
  /** share of latents with a score below 0.5 */
  readonly shareBelowHalf: MetricValue;
}

/** Alignment over all latents and, where densities are known, over those that fired. */
export interface AlignmentResult {
  readonly all: AlignmentSummary;
  readonly alive?: AlignmentSummary;
}

/**
 * −0.525, −0.475, … 1.525: fixed, so that histograms of different SAEs lie on top of each other, and with 1 and 0 in the
 * middle of a bin, so that rounding does not split the scores of an aligned SAE over two.
 */
export const defaultAlignmentEdges: readonly number[] = Object.freeze(
  Array.from({ length: 42 }, (_, i) => (i * 50 - 525) / 1000),
);

// The stated bounds count as inside, also after scores were rounded to float32.
const nearOne = (score: number): boolean => score >= Math.fround(0.9) && score <= Math.fround(1.1);

function summarizeScores(
  scores: readonly number[],
  options: { edges: readonly number[]; levels?: readonly number[]; reason: string },
): AlignmentSummary {
  const { edges, levels, reason } = options;
  const finite = scores.filter(Number.isFinite);
  const nNotFinite = scores.length - finite.length;
  const share = (holds: (score: number) => boolean): MetricValue =>
    nNotFinite > 0
      ? notDefined("some scores are not finite")
      : ratio(finite.filter(holds).length, finite.length, reason);
  return {
    distribution: distributionOf(scores, { reason, ...(levels === undefined ? {} : { levels }) }),
    histogram: histogramOf(finite, edges),
    nNotFinite,
    shareNearOne: share(nearOne),
    shareBelowHalf: share((score) => score < 0.5),
  };
}

/**
 * Quantiles, histogram and shares of alignment scores, over all latents and over those that fired.
 *
 * @param scores [dSae], from `alignmentScores`
 * @param options `densities`: [dSae] fraction of tokens on which each latent fired; a latent is alive where it is above 0.
 *   `edges`: of the histogram, ascending; `levels`: quantiles wanted, in 0..1
 * @throws PlumblineError `shape-mismatch`, `bad-option`
 * @example
 * import { summarizeAlignment } from "@plumbline/metrics";
 *
 * const summary = summarizeAlignment(Float32Array.of(1, 0.2), { densities: Float64Array.of(0.01, 0) });
 * console.log(summary.all.shareNearOne, summary.alive?.shareNearOne); // { value: 0.5 } { value: 1 }
 */
export function summarizeAlignment(
  scores: Float32Array,
  options: {
    readonly densities?: Float64Array | Float32Array;
    readonly edges?: readonly number[];
    readonly levels?: readonly number[];
  } = {},
): AlignmentResult {
  const { densities, edges = defaultAlignmentEdges, levels } = options;
  const shared = { edges, ...(levels === undefined ? {} : { levels }) };
  const all = summarizeScores([...scores], { ...shared, reason: "no latents" });
  if (densities === undefined) return { all };
  if (densities.length !== scores.length) {
    throw new PlumblineError({
      code: "shape-mismatch",
      kind: "usage",
      message: `[metrics] summarizeAlignment(): expected ${scores.length} densities, one for each score, got ${densities.length}`,
    });
  }
  const aliveScores = [...scores].filter((_, latent) => (densities[latent] ?? 0) > 0);
  return { all, alive: summarizeScores(aliveScores, { ...shared, reason: "no latent fired" }) };
}

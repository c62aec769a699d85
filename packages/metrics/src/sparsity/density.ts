import { type Distribution, distributionOf } from "../values/distribution.ts";
import { type Histogram, histogramOf } from "../values/histogram.ts";
import { type MetricValue, ratio } from "../values/metric-value.ts";

/** Densities over latents. */
export interface DensityResult {
  /** tokens that densities are fractions of */
  readonly nTokens: number;
  /** density of every latent, silent ones as 0 */
  readonly distribution: Distribution;
  /** log10 of the densities above 0, in bins of a quarter of a decade */
  readonly log10Histogram: Histogram;
  /** latents that never fired: they have no logarithm and stand beside the histogram */
  readonly nSilent: number;
  /** share of latents with a density above 0.01 */
  readonly shareAbove1Percent: MetricValue;
  /** share of latents with a density above 0.1 */
  readonly shareAbove10Percent: MetricValue;
}

// From one firing in 10^8 tokens up to every token.
const log10Edges: readonly number[] = Array.from({ length: 33 }, (_, i) => -8 + i / 4);

/**
 * How often latents fire: quantiles over latents, a histogram of log10 density, and the shares of frequent latents.
 *
 * @param densities [dSae] fractions of tokens, 0..1
 * @param options `nTokens`: tokens that they are fractions of; densities below 1 / nTokens cannot be told from 0
 */
export function summarizeDensity(
  densities: Float64Array | Float32Array,
  options: { readonly nTokens: number },
): DensityResult {
  const { nTokens } = options;
  const seen = nTokens === 0 ? [] : [...densities];
  const firing = seen.filter((density) => density > 0);
  const share = (limit: number): MetricValue =>
    ratio(seen.filter((density) => density > limit).length, seen.length, "no tokens");
  return {
    nTokens,
    distribution: distributionOf(seen, { reason: "no tokens" }),
    log10Histogram: histogramOf(firing.map(Math.log10), log10Edges),
    nSilent: seen.length - firing.length,
    shareAbove1Percent: share(0.01),
    shareAbove10Percent: share(0.1),
  };
}

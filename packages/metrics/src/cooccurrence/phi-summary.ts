import type { Histogram } from "../values/histogram.ts";
import { type MetricValue, notDefined, type Quantile, ratio } from "../values/metric-value.ts";
import { pairCount, pairRowStart } from "./pair-index.ts";
import { phiRow } from "./phi.ts";
import { createPhiQuantiles } from "./phi-quantiles.ts";
import { createTopLists } from "./top-lists.ts";

/** A pair of latents `i < j`. */
export interface PhiPair {
  readonly i: number;
  readonly j: number;
  readonly phi: number;
  /** tokens on which both fired */
  readonly nBoth: number;
}

/** φ over the pairs `i < j` of latents that fired at all. */
export interface AlivePhi {
  readonly nPairs: number;
  readonly meanAbsPhi: MetricValue;
  /** share of pairs with φ < 0 */
  readonly shareNegative: MetricValue;
  /** of φ, each off by at most 1 part in 4096 */
  readonly quantiles: readonly Quantile[];
  /** of |φ|, as close */
  readonly absQuantiles: readonly Quantile[];
  /** of φ, −1 … 1 in bins of 1/64: none holds both signs */
  readonly histogram: Histogram;
}

/** Which latents of an SAE fire together. */
export interface CooccurrenceResult {
  readonly nTokens: number;
  readonly dSae: number;
  /** latents that fired on at least one token */
  readonly nAlive: number;
  /** all pairs `i < j`: dSae (dSae − 1) / 2 */
  readonly nPairs: number;
  /** mean of |φ| over all pairs; φ of a latent that fired on no token or on all is 0 and counts */
  readonly meanAbsPhi: MetricValue;
  readonly alive: AlivePhi;
  /** largest φ first; of equal ones the pair with the smaller i, then j */
  readonly topByPhi: readonly PhiPair[];
  /** largest |φ| first */
  readonly topByAbsPhi: readonly PhiPair[];
}

/** All that is known of which latents fire together. */
export interface CooccurrenceCounts {
  readonly nTokens: number;
  readonly dSae: number;
  /** [dSae] tokens on which each latent fired */
  readonly marginals: Float64Array;
  /** [pairCount(dSae)] joint counts, packed */
  readonly joint: Uint32Array;
}

const binsPerUnit = 64;
const histogramEdges: readonly number[] = Array.from(
  { length: 2 * binsPerUnit + 1 },
  (_, i) => i / binsPerUnit - 1,
);

/** Why φ says nothing about these tokens, if so. */
function whyUndefined({ nTokens, dSae, marginals }: CooccurrenceCounts): string | undefined {
  if (dSae < 2) return "a pair needs two latents";
  if (nTokens === 0) return "no tokens";
  const nVarying = marginals.reduce((n, count) => (count > 0 && count < nTokens ? n + 1 : n), 0);
  return nVarying < 2 ? "fewer than two latents fired on some tokens and not on others" : undefined;
}

/** Sums over pairs of alive latents, filled row by row. */
function createSums(options: { dSae: number; top: number }) {
  const { dSae, top } = options;
  const quantiles = createPhiQuantiles();
  const bins = new Float64Array(2 * binsPerUnit);
  const tops = createTopLists({ nLists: 2, size: Math.min(top, pairCount(dSae)) });
  const sums = { absPhi: 0, nNegative: 0 };
  const addRow = (i: number, row: { phis: Float64Array; marginals: Float64Array }): void => {
    const { phis, marginals } = row;
    let absPhi = 0;
    for (let k = 0; k < phis.length; k++) {
      if (marginals[k] === 0) continue;
      const phi = phis[k] ?? 0;
      const size = Math.abs(phi);
      absPhi += size;
      if (phi < 0) sums.nNegative++;
      quantiles.add(phi);
      const bin = Math.min(Math.floor(phi * binsPerUnit) + binsPerUnit, bins.length - 1);
      bins[bin] = (bins[bin] ?? 0) + 1;
      if (phi > tops.bar(0)) tops.offer(0, { value: phi, key: i * dSae + i + 1 + k });
      if (size > tops.bar(1)) tops.offer(1, { value: size, key: i * dSae + i + 1 + k });
    }
    // Row sums first: one long sum of 2 · 10^8 small numbers would lose digits.
    sums.absPhi += absPhi;
  };
  return { quantiles, bins, tops, sums, addRow };
}

/**
 * φ of all pairs in one pass: means, quantiles, histogram and the largest. Memory beyond the counts is some 10 MB.
 *
 * @param options `top`: pairs to name, by φ and by |φ|; `pair`: φ and joint count of a pair
 */
export function summarizePhi(
  counts: CooccurrenceCounts,
  options: { readonly top: number; readonly pair: (i: number, j: number) => PhiPair },
): CooccurrenceResult {
  const { nTokens, dSae, marginals, joint } = counts;
  const { sums, bins, quantiles, tops, addRow } = createSums({ dSae, top: options.top });
  const phis = new Float64Array(dSae);
  let nAlive = 0;
  for (let i = 0; i < dSae; i++) {
    const nFirst = marginals[i] ?? 0;
    if (nFirst === 0) continue;
    nAlive++;
    const start = pairRowStart(i, dSae);
    const later = marginals.subarray(i + 1);
    const row = phis.subarray(0, later.length);
    phiRow(row, {
      nTokens,
      nFirst,
      joint: joint.subarray(start, start + later.length),
      nSecond: later,
    });
    addRow(i, { phis: row, marginals: later });
  }
  const nPairs = pairCount(dSae);
  const nAlivePairs = pairCount(nAlive);
  const missing = whyUndefined(counts);
  const share = (sum: number, n: number): MetricValue =>
    missing === undefined ? ratio(sum, n, "no pairs") : notDefined(missing);
  const named = (list: number): PhiPair[] =>
    tops.entries(list).map(({ key }) => options.pair(Math.floor(key / dSae), key % dSae));
  const levels = (of: (reason: string) => readonly Quantile[]): readonly Quantile[] =>
    missing === undefined ? of("no pairs") : of("").map(({ q }) => ({ q, ...notDefined(missing) }));
  return {
    nTokens,
    dSae,
    nAlive,
    nPairs,
    meanAbsPhi: share(sums.absPhi, nPairs),
    alive: {
      nPairs: nAlivePairs,
      meanAbsPhi: share(sums.absPhi, nAlivePairs),
      shareNegative: share(sums.nNegative, nAlivePairs),
      quantiles: levels(quantiles.signed),
      absQuantiles: levels(quantiles.absolute),
      histogram: { edges: histogramEdges, counts: [...bins], nBelow: 0, nAbove: 0 },
    },
    topByPhi: missing === undefined ? named(0) : [],
    topByAbsPhi: missing === undefined ? named(1) : [],
  };
}

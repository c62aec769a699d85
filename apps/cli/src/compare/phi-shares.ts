import type { AlivePhi } from "@plumbline/metrics";

/** Shares of pairs by φ: numbers, or why there are none. */
export type PhiShares =
  | { readonly shares: readonly number[] }
  | { readonly shares: null; readonly reason: string };

/** How φ of pairs within two SAEs is spread, as shares of the pairs of living latents of each. */
export interface PhiHistograms {
  /** −1 … 1; one more than there are shares */
  readonly edges: readonly number[];
  readonly a: PhiShares;
  readonly b: PhiShares;
  /** share of a − share of b */
  readonly difference: PhiShares;
}

function sharesOf({ histogram, nPairs, meanAbsPhi }: AlivePhi): PhiShares {
  if (meanAbsPhi.value === null) return { shares: null, reason: meanAbsPhi.reason };
  return { shares: histogram.counts.map((count) => count / nPairs) };
}

/** Both histograms in shares, bin by bin, with their difference. */
export function phiHistograms(a: AlivePhi, b: AlivePhi): PhiHistograms {
  const [ofA, ofB] = [sharesOf(a), sharesOf(b)];
  const difference: PhiShares =
    ofA.shares === null
      ? { shares: null, reason: `a: ${ofA.reason}` }
      : ofB.shares === null
        ? { shares: null, reason: `b: ${ofB.reason}` }
        : { shares: ofA.shares.map((share, bin) => share - (ofB.shares[bin] ?? 0)) };
  return { edges: a.histogram.edges, a: ofA, b: ofB, difference };
}

/** Powers of two, for most φ lie near 0; the first band holds all that is negative. */
const bands: readonly { readonly name: string; readonly from: number; readonly to: number }[] = [
  { name: "below 0", from: -1, to: 0 },
  { name: "0 … 1/64", from: 0, to: 1 / 64 },
  ...[32, 16, 8, 4, 2].map((part) => ({
    name: `1/${2 * part} … 1/${part}`,
    from: 1 / (2 * part),
    to: 1 / part,
  })),
  { name: "1/2 … 1", from: 1 / 2, to: 1 },
];

/** Few bands in place of many bins: what a terminal can show. Every bin lies in one band. */
export function coarseShares(
  edges: readonly number[],
  shares: readonly number[],
): readonly { readonly name: string; readonly share: number }[] {
  return bands.map(({ name, from, to }) => {
    const inside = shares.filter((_, bin) => {
      const lower = edges[bin] ?? Number.NaN;
      return lower >= from && lower < to;
    });
    return { name, share: inside.reduce((sum, share) => sum + share, 0) };
  });
}

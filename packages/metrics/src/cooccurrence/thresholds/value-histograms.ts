import { allocateCounts, defaultMaxBytes } from "../allocate-counts.ts";

/** Values of one latent, in bins of one width from 0 to `max`. */
export interface LatentHistogram {
  /** upper end of the last bin; 0 while no value came in */
  readonly max: number;
  /** [nBins] values that the training rule selected */
  readonly active: Uint32Array;
  /** [nBins] positive values that it did not select */
  readonly inactive: Uint32Array;
}

/** Two histograms for every latent of an SAE. */
export interface ValueHistograms {
  add(latent: number, sample: { readonly value: number; readonly selected: boolean }): void;
  /** the counts themselves, not a copy */
  of(latent: number): LatentHistogram;
  /** values at or above `fixedMax`, counted in the last bin */
  readonly nSaturated: number;
}

/** The smallest power of two above `value`. */
function powerAbove(value: number): number {
  let power = 1;
  while (power <= value) power *= 2;
  while (power / 2 > value) power /= 2;
  return power;
}

/** Halves the resolution of a histogram in place: the bins then reach twice as far. */
function mergePairs(counts: Uint32Array): void {
  const half = counts.length / 2;
  for (let bin = 0; bin < half; bin++) counts[bin] = (counts[2 * bin] ?? 0) + (counts[2 * bin + 1] ?? 0);
  counts.fill(0, half);
}

/**
 * Histograms of positive values whose scale is not known beforehand, in one pass.
 *
 * A latent's bins reach to a power of two; a value beyond doubles that and merges bins in pairs. In the end they reach to the
 * smallest power of two above its largest value, and every count is where it would be had that been known from the start: the
 * order of values does not matter.
 *
 * @param options `nBins`: even, so that bins merge in pairs; `fixedMax`: bins reach from 0 to here, and larger values count in
 *   the last
 * @throws PlumblineError `limit-exceeded`, `out-of-memory`
 */
export function createValueHistograms(options: {
  readonly dSae: number;
  readonly nBins: number;
  readonly fixedMax: number | undefined;
  readonly from: string;
}): ValueHistograms {
  const { dSae, nBins, fixedMax, from } = options;
  const counts = allocateCounts({
    nCounts: 2 * dSae * nBins,
    otherBytes: 8 * dSae,
    maxBytes: defaultMaxBytes,
    from,
    what: "bins",
  });
  const maxima = new Float64Array(dSae).fill(fixedMax ?? 0);
  const fixedScale = fixedMax === undefined ? undefined : Math.fround(nBins / fixedMax);
  let nSaturated = 0;

  const of = (latent: number): LatentHistogram => {
    const middle = (2 * latent + 1) * nBins;
    return {
      max: maxima[latent] ?? 0,
      active: counts.subarray(middle - nBins, middle),
      inactive: counts.subarray(middle, middle + nBins),
    };
  };
  const grow = (latent: number, value: number): number => {
    let max = maxima[latent] ?? 0;
    if (max === 0) max = powerAbove(value);
    while (value >= max) {
      const { active, inactive } = of(latent);
      mergePairs(active);
      mergePairs(inactive);
      max *= 2;
    }
    maxima[latent] = max;
    return max;
  };

  return {
    get nSaturated(): number {
      return nSaturated;
    },
    of,
    add: (latent, { value, selected }) => {
      let bin: number;
      if (fixedScale === undefined) {
        const max = maxima[latent] ?? 0;
        // Exact: a float32 times nBins fits into 53 bits, and max is a power of two.
        bin = Math.floor((value * nBins) / (value < max ? max : grow(latent, value)));
      } else {
        // Rounded to float32 as PyTorch multiplies, which decides for values next to an edge.
        bin = Math.min(Math.floor(Math.fround(value * fixedScale)), nBins - 1);
        if (value >= (fixedMax ?? 0)) nSaturated++;
      }
      const place = (2 * latent + (selected ? 0 : 1)) * nBins + bin;
      counts[place] = (counts[place] ?? 0) + 1;
    },
  };
}

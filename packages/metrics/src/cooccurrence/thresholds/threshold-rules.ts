import type { LatentHistogram } from "./value-histograms.ts";

/** How a threshold came about. */
export type ThresholdRule = "equalError" | "fewActive" | "allSelected" | "neverActive";

/** What a latent with few active values gets where they overlap with inactive ones: the highest inactive bin, or the middle. */
export type FewActiveRule = "highest" | "midpoint";

/** A threshold of one latent. */
export interface LatentThreshold {
  /** a latent fires where its value is above this; Infinity = never */
  readonly threshold: number;
  readonly rule: ThresholdRule;
  /** mean of the shares of active values not above the threshold and of inactive ones above it; null = never active */
  readonly errorRate: number | null;
}

/** With fewer active values than this, their histogram is too rough for its crossing point. */
const fewActiveValues = 100;

const sum = (counts: Uint32Array): number => counts.reduce((total, count) => total + count, 0);

/** Centre of the bin where as large a share of active values lies below as of inactive ones above; the lowest such bin. */
function equalErrorBin({ active, inactive }: LatentHistogram): number {
  const [nActive, nInactive] = [sum(active), sum(inactive)];
  let [below, belowInactive, best, smallest] = [0, 0, 0, Number.POSITIVE_INFINITY];
  for (let bin = 0; bin < active.length; bin++) {
    below += active[bin] ?? 0;
    belowInactive += inactive[bin] ?? 0;
    const gap = Math.abs(below / nActive + belowInactive / nInactive - 1);
    if (gap < smallest) [smallest, best] = [gap, bin];
  }
  return best;
}

/** Above the lowest active and all inactive bin centres or, with `midpoint` and where they overlap, halfway between the two. */
function fewActiveThreshold(
  { active, inactive }: LatentHistogram,
  options: { centre: (bin: number) => number; fewActive: FewActiveRule },
): number {
  const { centre, fewActive } = options;
  const lowestActive = centre(active.findIndex((count) => count > 0));
  const highestInactive = centre(inactive.findLastIndex((count) => count > 0));
  const overlap = highestInactive > lowestActive;
  if (overlap && fewActive === "midpoint") return (lowestActive + highestInactive) / 2;
  return Math.max(lowestActive, highestInactive);
}

/** Values whose bin has its centre above `threshold`, as a share. */
function shareAbove(counts: Uint32Array, threshold: number, centre: (bin: number) => number): number {
  const total = sum(counts);
  const above = counts.reduce((n, count, bin) => (centre(bin) > threshold ? n + count : n), 0);
  return total === 0 ? 0 : above / total;
}

/**
 * The threshold that separates values that were selected ("active") from positive ones that were not ("inactive").
 *
 * - `equalError`: centre of the bin that minimises |CDF active + CDF inactive − 1|: as large a share of active values is lost
 *   as of inactive ones is let in. Of equal bins the lowest.
 * - `fewActive`, below 100 active values: the larger of the lowest active and the highest inactive bin centre. It loses
 *   active values rather than letting inactive ones in; `midpoint` takes the middle of the two where they overlap.
 * - `allSelected`, without inactive values: 0, since every positive value was selected. `lowest-active-bin` takes the centre of
 *   that bin, as the source does, and so loses the lower half of it.
 * - `neverActive`: Infinity.
 *
 * @source Levinson, arXiv 2604.03436, 2026, as its repository good-epic/MetaSAE calibrates (`calibrate_thresholds`)
 */
export function equalErrorThreshold(
  histogram: LatentHistogram,
  options: {
    readonly fewActive?: FewActiveRule;
    readonly allSelected?: "zero" | "lowest-active-bin";
  } = {},
): LatentThreshold {
  const { fewActive = "highest", allSelected = "zero" } = options;
  const { max, active, inactive } = histogram;
  const [nActive, nInactive] = [sum(active), sum(inactive)];
  const centre = (bin: number): number => ((bin + 0.5) * max) / active.length;
  if (nActive === 0) return { threshold: Number.POSITIVE_INFINITY, rule: "neverActive", errorRate: null };
  const measured = (threshold: number, rule: ThresholdRule): LatentThreshold => {
    const missed = 1 - shareAbove(active, threshold, centre);
    return { threshold, rule, errorRate: (missed + shareAbove(inactive, threshold, centre)) / 2 };
  };
  if (nInactive === 0) {
    const lowest = centre(active.findIndex((count) => count > 0));
    return measured(allSelected === "zero" ? 0 : lowest, "allSelected");
  }
  return nActive < fewActiveValues
    ? measured(fewActiveThreshold(histogram, { centre, fewActive }), "fewActive")
    : measured(centre(equalErrorBin(histogram)), "equalError");
}

/** The largest float32 below `edge`, at least 0: float32 values from `edge` on are above it, and no others. */
function justBelow(edge: number): number {
  if (edge <= 0) return 0;
  const number = Float32Array.of(edge);
  if ((number[0] ?? 0) < edge) return number[0] ?? 0;
  const bits = new Uint32Array(number.buffer);
  bits[0] = (bits[0] ?? 0) - 1;
  return number[0] ?? 0;
}

/**
 * The threshold above which a latent has as many values as were selected, whichever they are: its density stays that of
 * training.
 *
 * Exact where a bin edge does it; within a bin, values are taken to lie evenly.
 *
 * @returns Infinity for a latent that was never active
 * @source Levinson, arXiv 2604.03436, 2026, appendix A
 */
export function matchedRateThreshold({ max, active, inactive }: LatentHistogram): number {
  const wanted = sum(active);
  if (wanted === 0) return Number.POSITIVE_INFINITY;
  const width = max / active.length;
  let above = 0;
  for (let bin = active.length - 1; bin >= 0; bin--) {
    const inBin = (active[bin] ?? 0) + (inactive[bin] ?? 0);
    if (above + inBin >= wanted) return justBelow((bin + 1 - (wanted - above) / inBin) * width);
    above += inBin;
  }
  return 0;
}

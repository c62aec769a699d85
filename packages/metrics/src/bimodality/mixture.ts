import { type MetricValue, notDefined } from "../values/metric-value.ts";
import {
  type Climb,
  type Component,
  climb,
  logDensity,
  momentsOf,
  type Pair,
} from "./expectation-maximization.ts";

/** A mixture of two normal distributions against a single one. */
export interface MixtureFit {
  /** by mean, ascending; absent where nothing could be fitted */
  readonly components?: readonly [Component, Component];
  readonly logLikelihood: MetricValue;
  /** BIC of one component minus BIC of two: above 10 is strong evidence for two */
  readonly deltaBic: MetricValue;
  /** Ashman's D, √2 |μ1 − μ2| / √(σ1² + σ2²): above 2 the modes are apart */
  readonly ashmanD: MetricValue;
  /** where the density between the two means is least; no value where it has one mode only */
  readonly antimode: MetricValue;
  /** share of the values below the antimode */
  readonly lowModeMass: MetricValue;
}

/** Cuts of the sorted values from which to climb; the best end counts. */
const cuts: readonly number[] = [0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95];

function startAt(sorted: Float64Array, cut: number, floor: number): Pair {
  const at = Math.min(sorted.length - 2, Math.max(2, Math.round(cut * sorted.length)));
  const half = (part: Float64Array): Component => {
    const { mean, std } = momentsOf(part);
    return { weight: part.length / sorted.length, mean, std: Math.max(std, Math.sqrt(floor)) };
  };
  return [half(sorted.subarray(0, at)), half(sorted.subarray(at))];
}

/** A few steps from every cut, then all the way from the three best ends. */
function bestClimb(sorted: Float64Array, floor: number): Climb {
  const better = (one: Climb, other: Climb): number => other.logLikelihood - one.logLikelihood;
  const begun = cuts.map((cut) => climb(sorted, startAt(sorted, cut, floor), { floor, maxSteps: 50 }));
  const ended = begun
    .sort(better)
    .slice(0, 3)
    .map(({ pair }) => climb(sorted, pair, { floor, maxSteps: 2000 }));
  return ended.sort(better)[0] as Climb;
}

/** Places between the means at which the density is looked at. */
const nPlaces = 1000;

function antimodeOf([a, b]: Pair): number | undefined {
  const place = (i: number): number => a.mean + ((b.mean - a.mean) * i) / nPlaces;
  const density = (x: number): number =>
    a.weight * Math.exp(logDensity(x, a)) + b.weight * Math.exp(logDensity(x, b));
  const densities = Array.from({ length: nPlaces + 1 }, (_, i) => density(place(i)));
  const least = densities.indexOf(Math.min(...densities));
  // A least density at an end is a slope, not a valley.
  return least === 0 || least === nPlaces ? undefined : place(least);
}

function without(reason: string): MixtureFit {
  const none = notDefined(reason);
  return { logLikelihood: none, deltaBic: none, ashmanD: none, antimode: none, lowModeMass: none };
}

/**
 * Fits a mixture of two normal distributions by expectation maximization, from several cuts of the sorted values, and
 * compares it with a single one. Standard deviations are kept above a thousandth of the whole.
 *
 * @source BIC: Schwarz 1978; D: Ashman, Bird & Zepf 1994
 * @example
 * import { fitMixture } from "@plumbline/metrics";
 *
 * const values = Array.from({ length: 200 }, (_, i) => (i % 2) * 5 + Math.sin(i));
 * const { components, antimode } = fitMixture(values);
 * console.log(components?.map(({ weight }) => weight.toFixed(2)), antimode.value?.toFixed(1)); // [ '0.50', '0.50' ] 2.5
 */
export function fitMixture(values: ArrayLike<number>): MixtureFit {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  if (n < 6) return without(`needs at least 6 values, got ${n}`);
  const whole = momentsOf(sorted);
  if (!Number.isFinite(whole.std)) return without("some values are not finite");
  if (!(whole.std > 0)) return without("the values do not vary");
  const floor = (whole.std * 1e-3) ** 2;
  const best = bestClimb(sorted, floor);
  const [first, second] = best.pair;
  const [a, b] = first.mean <= second.mean ? [first, second] : [second, first];
  const single = sorted.reduce((sum, x) => sum + logDensity(x, { weight: 1, ...whole }), 0);
  const antimode = antimodeOf([a, b]);
  const oneMode = notDefined("the fitted mixture has one mode");
  return {
    components: [a, b],
    logLikelihood: { value: best.logLikelihood },
    deltaBic: { value: 2 * (best.logLikelihood - single) - 3 * Math.log(n) },
    ashmanD: { value: (Math.SQRT2 * (b.mean - a.mean)) / Math.sqrt(a.std ** 2 + b.std ** 2) },
    antimode: antimode === undefined ? oneMode : { value: antimode },
    lowModeMass: antimode === undefined ? oneMode : { value: sorted.filter((x) => x < antimode).length / n },
  };
}

/** One normal distribution of a mixture. */
export interface Component {
  readonly weight: number;
  readonly mean: number;
  readonly std: number;
}

export type Pair = readonly [Component, Component];

const logRoot = 0.5 * Math.log(2 * Math.PI);

export const logDensity = (x: number, { mean, std }: Component): number =>
  -0.5 * ((x - mean) / std) ** 2 - Math.log(std) - logRoot;

/** Mean and population standard deviation. */
export function momentsOf(values: Float64Array): { mean: number; std: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}

/** Weighted moments of one component, around an origin among the values: squares lose nothing to a common mean. */
interface Sums {
  weight: number;
  first: number;
  second: number;
}

function componentOf(
  { weight, first, second }: Sums,
  options: { origin: number; n: number; floor: number },
): Component {
  const { origin, n, floor } = options;
  const total = Math.max(weight, Number.MIN_VALUE);
  const mean = first / total;
  const variance = Math.max(second / total - mean * mean, floor);
  return { weight: total / n, mean: mean + origin, std: Math.sqrt(variance) };
}

/** One step; the likelihood is that before it. */
function emStep(values: Float64Array, [a, b]: Pair, floor: number): { next: Pair; logLikelihood: number } {
  let logLikelihood = 0;
  const sums = [a, b].map((): Sums => ({ weight: 0, first: 0, second: 0 })) as [Sums, Sums];
  const add = (to: Sums, share: number, x: number): void => {
    to.weight += share;
    to.first += share * x;
    to.second += share * x * x;
  };
  const origin = a.mean;
  const [scaleA, scaleB] = [Math.log(a.weight), Math.log(b.weight)];
  for (const x of values) {
    const p = scaleA + logDensity(x, a);
    const excess = scaleB + logDensity(x, b) - p;
    // log(e^p + e^q) and the share of the first, either way round without overflow.
    const odds = Math.exp(-Math.abs(excess));
    logLikelihood += p + Math.max(excess, 0) + Math.log1p(odds);
    const share = (excess > 0 ? odds : 1) / (1 + odds);
    add(sums[0], share, x - origin);
    add(sums[1], 1 - share, x - origin);
  }
  const options = { origin, n: values.length, floor };
  return { next: [componentOf(sums[0], options), componentOf(sums[1], options)], logLikelihood };
}

/** Where a climb has come to. */
export interface Climb {
  readonly pair: Pair;
  readonly logLikelihood: number;
}

/**
 * Expectation maximization from a start until the likelihood rises by less than 1e-10 a value, or for `maxSteps`.
 *
 * @param options `floor`: least variance of a component; without one a component can close in on a single value
 */
export function climb(
  values: Float64Array,
  start: Pair,
  options: { readonly floor: number; readonly maxSteps: number },
): Climb {
  let pair = start;
  let before = Number.NEGATIVE_INFINITY;
  for (let step = 0; step < options.maxSteps; step++) {
    const { next, logLikelihood } = emStep(values, pair, options.floor);
    if (!(logLikelihood - before > 1e-10 * values.length)) return { pair, logLikelihood };
    before = logLikelihood;
    pair = next;
  }
  return { pair, logLikelihood: before };
}

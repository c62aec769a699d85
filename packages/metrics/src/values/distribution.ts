import { PlumblineError } from "@plumbline/core";
import { defined, type MetricValue, notDefined, type Quantile } from "./metric-value.ts";

/** Levels reported when none are asked for. */
export const defaultQuantiles: readonly number[] = Object.freeze([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]);

/** Where a set of numbers lies. */
export interface Distribution {
  /** numbers in the set */
  readonly n: number;
  readonly mean: MetricValue;
  readonly min: MetricValue;
  readonly max: MetricValue;
  readonly quantiles: readonly Quantile[];
}

/** What a distribution is made from: the numbers by rank, ascending. */
interface Ranked {
  readonly n: number;
  readonly total: number;
  at(rank: number): number;
}

function summarize(
  { n, total, at }: Ranked,
  options: { levels: readonly number[]; missing: string | undefined },
): Distribution {
  const { levels, missing } = options;
  const bad = levels.find((q) => !(q >= 0 && q <= 1));
  if (bad !== undefined) {
    throw new PlumblineError({
      code: "bad-option",
      kind: "usage",
      message: `[metrics] quantiles: expected levels in 0..1, got ${bad}`,
    });
  }
  const quantile = (q: number): number => {
    const rank = (n - 1) * q;
    const low = at(Math.floor(rank));
    return low + (rank - Math.floor(rank)) * (at(Math.ceil(rank)) - low);
  };
  const value = (of: () => number): MetricValue =>
    missing === undefined ? defined(of()) : notDefined(missing);
  return {
    n,
    mean: value(() => total / n),
    min: value(() => at(0)),
    max: value(() => at(n - 1)),
    quantiles: levels.map((q) => ({ q, ...value(() => quantile(q)) })),
  };
}

/**
 * Mean, range and quantiles of `values`.
 *
 * @param options `levels`: quantiles wanted, in 0..1; `reason`: why there is nothing where `values` is empty
 * @returns quantiles are interpolated linearly at rank `(n − 1) q` (type 7 of Hyndman & Fan, numpy's default); undefined
 *   where `values` is empty or not finite
 * @throws PlumblineError `bad-option` for a level outside 0..1
 * @example
 * import { distributionOf } from "@plumbline/metrics";
 *
 * console.log(distributionOf([4, 1, 2], { levels: [0.75] }).quantiles); // [ { q: 0.75, value: 3 } ]
 */
export function distributionOf(
  values: Iterable<number>,
  options: { readonly levels?: readonly number[]; readonly reason?: string } = {},
): Distribution {
  const { levels = defaultQuantiles, reason = "no values" } = options;
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  let total = 0;
  for (const value of sorted) total += value;
  const notFinite = Number.isFinite(total) ? undefined : "some values are not finite";
  return summarize(
    { n, total, at: (rank) => sorted[rank] ?? Number.NaN },
    { levels, missing: n === 0 ? reason : notFinite },
  );
}

/** The same from distinct values with their counts, in any order: `[value, count]`. */
export function distributionOfCounts(
  counted: Iterable<readonly [value: number, count: number]>,
  options: { readonly levels?: readonly number[]; readonly reason: string },
): Distribution {
  const { levels = defaultQuantiles, reason } = options;
  const ascending = [...counted].sort((a, b) => a[0] - b[0]);
  let n = 0;
  let total = 0;
  for (const [value, count] of ascending) {
    n += count;
    total += value * count;
  }
  const at = (rank: number): number => {
    let below = 0;
    for (const [value, count] of ascending) {
      below += count;
      if (rank < below) return value;
    }
    return Number.NaN;
  };
  return summarize({ n, total, at }, { levels, missing: n === 0 ? reason : undefined });
}

import { createRandom, type Random } from "@plumbline/core";
import { type MetricValue, notDefined } from "../values/metric-value.ts";
import { dipStatistic } from "./dip-statistic.ts";

/** Hartigan's dip test. */
export interface DipTest {
  readonly dip: MetricValue;
  /** share of uniform samples of this size whose dip is at least as large */
  readonly pValue: MetricValue;
  readonly nBootstrap: number;
  readonly seed: number;
}

/** Uniform numbers in ascending order, without sorting: sums of exponential gaps, divided by their total. */
function fillSortedUniform(out: Float64Array, random: Random): void {
  let total = 0;
  for (let i = 0; i < out.length; i++) {
    total -= Math.log(1 - random.uniform());
    out[i] = total;
  }
  total -= Math.log(1 - random.uniform());
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) / total;
}

/**
 * Hartigan's dip test: is the distribution of `values` unimodal? A small p says no. Skew does not mislead it.
 *
 * @param options `nBootstrap`: uniform samples behind the p value, 1000 by default; `seed`: of those
 * @source Hartigan & Hartigan, "The dip test of unimodality", Annals of Statistics 13 (1985)
 * @example
 * import { dipTest } from "@plumbline/metrics";
 *
 * const values = Array.from({ length: 100 }, (_, i) => (i % 2) + i / 1000);
 * console.log(dipTest(values).pValue); // { value: 0 }
 */
export function dipTest(
  values: ArrayLike<number>,
  options: { readonly nBootstrap?: number; readonly seed?: number } = {},
): DipTest {
  const { nBootstrap = 1000, seed = 0 } = options;
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  if (n < 4 || !Number.isFinite(sorted[0]) || !Number.isFinite(sorted[n - 1])) {
    const none = notDefined(n < 4 ? `needs at least 4 values, got ${n}` : "some values are not finite");
    return { dip: none, pValue: none, nBootstrap, seed };
  }
  const dip = dipStatistic(sorted);
  const random = createRandom(seed, "dip-test");
  const sample = new Float64Array(n);
  let atLeast = 0;
  for (let i = 0; i < nBootstrap; i++) {
    fillSortedUniform(sample, random);
    if (dipStatistic(sample) >= dip) atLeast++;
  }
  return { dip: { value: dip }, pValue: { value: atLeast / nBootstrap }, nBootstrap, seed };
}

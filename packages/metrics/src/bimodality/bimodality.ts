import type { MetricValue } from "../values/metric-value.ts";
import { type DipTest, dipTest } from "./dip-test.ts";
import { fitMixture, type MixtureFit } from "./mixture.ts";
import { sarleCoefficient } from "./sarle.ts";

/** Whether numbers have two modes, by three measures that fail in different ways. */
export interface Bimodality {
  readonly n: number;
  readonly sarle: MetricValue;
  readonly dip: DipTest;
  readonly mixture: MixtureFit;
}

/**
 * Sarle's coefficient, Hartigan's dip test and a two-component mixture. The dip test is the one to rely on: skew misleads the
 * coefficient, and a mixture also fits better where one mode is merely no normal distribution.
 *
 * @param options `resolution`: values that lie within it of each other count as equal, 0 by default; the scores of an aligned SAE
 *   differ by rounding, which has modes of its own. The rest is of {@link dipTest}.
 */
export function bimodalityOf(
  values: ArrayLike<number>,
  options: { readonly resolution?: number; readonly nBootstrap?: number; readonly seed?: number } = {},
): Bimodality {
  const { resolution = 0, ...ofDip } = options;
  const seen = resolved(values, resolution);
  return {
    n: values.length,
    sarle: sarleCoefficient(seen),
    dip: dipTest(seen, ofDip),
    mixture: fitMixture(seen),
  };
}

/** The values, or the first of them again and again where all lie within `resolution`. */
function resolved(values: ArrayLike<number>, resolution: number): ArrayLike<number> {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i] ?? Number.NaN);
    most = Math.max(most, values[i] ?? Number.NaN);
  }
  if (!(most - least <= resolution)) return values;
  return new Float64Array(values.length).fill(values[0] ?? 0);
}

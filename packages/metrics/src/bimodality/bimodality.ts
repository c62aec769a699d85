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
 * @param options of {@link dipTest}
 */
export function bimodalityOf(
  values: ArrayLike<number>,
  options: { readonly nBootstrap?: number; readonly seed?: number } = {},
): Bimodality {
  return {
    n: values.length,
    sarle: sarleCoefficient(values),
    dip: dipTest(values, options),
    mixture: fitMixture(values),
  };
}

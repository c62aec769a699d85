import { type MetricValue, notDefined } from "../values/metric-value.ts";

/** A number over several comparisons. */
export interface Spread {
  /** comparisons in which the number has a value */
  readonly n: number;
  readonly mean: MetricValue;
  /** population standard deviation: divided by n, as PW-MCC does */
  readonly std: MetricValue;
  readonly min: MetricValue;
  readonly max: MetricValue;
}

/** Mean and spread of those that have a value. */
export function spreadOf(values: readonly MetricValue[]): Spread {
  const known = values.flatMap(({ value }) => (value === null ? [] : [value]));
  const n = known.length;
  if (n === 0) {
    const [first] = values;
    const none = notDefined(first?.value === null ? first.reason : "nothing was compared");
    return { n, mean: none, std: none, min: none, max: none };
  }
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  return {
    n,
    mean: { value: mean },
    std: { value: Math.sqrt(variance) },
    min: { value: Math.min(...known) },
    max: { value: Math.max(...known) },
  };
}

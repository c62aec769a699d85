import { defined, type MetricValue, notDefined } from "../values/metric-value.ts";

/**
 * Sarle's bimodality coefficient, `(g² + 1) / (k + 3 (n − 1)² / ((n − 2)(n − 3)))` with the bias-corrected sample skewness g and
 * excess kurtosis k. Uniform numbers have 5/9; more suggests two modes, but strong skew does so too.
 *
 * @source SAS/STAT user's guide, the CLUSTER procedure
 * @example
 * import { sarleCoefficient } from "@plumbline/metrics";
 *
 * const zerosAndOnes = Array.from({ length: 100 }, (_, i) => i % 2);
 * console.log(sarleCoefficient(zerosAndOnes).value?.toFixed(2)); // 0.95
 */
export function sarleCoefficient(values: ArrayLike<number>): MetricValue {
  const n = values.length;
  if (n < 4) return notDefined(`needs at least 4 values, got ${n}`);
  const isConstant = Array.prototype.every.call(values, (value) => value === values[0]);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (values[i] ?? 0) / n;
  let [m2, m3, m4] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const off = (values[i] ?? 0) - mean;
    m2 += off ** 2 / n;
    m3 += off ** 3 / n;
    m4 += off ** 4 / n;
  }
  if (isConstant || !(m2 > 0)) return notDefined("the values do not vary, or are not finite");
  const skewness = (m3 / m2 ** 1.5) * (Math.sqrt(n * (n - 1)) / (n - 2));
  const kurtosis = ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * (m4 / m2 ** 2 - 3) + 6);
  return defined((skewness ** 2 + 1) / (kurtosis + (3 * (n - 1) ** 2) / ((n - 2) * (n - 3))));
}

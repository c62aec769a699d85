/** A number, or why there is none: `0 / 0` has no value, and saying 0 or 1 instead would be a claim. */
export type MetricValue = { readonly value: number } | { readonly value: null; readonly reason: string };

/** A quantile at level `q` in 0..1. */
export type Quantile = { readonly q: number } & MetricValue;

/** `value` as a {@link MetricValue}; a value that is not finite is undefined for `reason`. */
export function defined(value: number, reason = "the result is not finite"): MetricValue {
  return Number.isFinite(value) ? { value } : { value: null, reason };
}

/** No value, because of `reason`. */
export function notDefined(reason: string): MetricValue {
  return { value: null, reason };
}

/**
 * `numerator / denominator`, undefined for `reason` where the denominator is 0 or the result is not finite.
 *
 * @example
 * import { ratio } from "@plumbline/metrics";
 *
 * console.log(ratio(3, 4, "no tokens"), ratio(0, 0, "no tokens")); // { value: 0.75 } { value: null, reason: 'no tokens' }
 */
export function ratio(numerator: number, denominator: number, reason: string): MetricValue {
  return denominator === 0 ? notDefined(reason) : defined(numerator / denominator, reason);
}

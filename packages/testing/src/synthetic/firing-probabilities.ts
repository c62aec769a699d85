import type { FiringOptions } from "./synthetic-options.ts";

/**
 * Power law over ranks, stretched linearly so that the first probability is `largest` and the last `smallest`:
 * `p_i = smallest + (largest − smallest) · (w_i − w_last) / (w_0 − w_last)` with `w_i = (i + 1)^−exponent`.
 *
 * @returns [nLatents], descending
 * @source `zipfian_firing_probabilities` of `sae_lens.synthetic`
 */
export function firingProbabilities(nLatents: number, options: FiringOptions): Float64Array {
  const { exponent, largest, smallest } = options;
  const weights = Float64Array.from({ length: nLatents }, (_, i) => (i + 1) ** -exponent);
  const last = weights[nLatents - 1] ?? 0;
  if (last === 1) return weights.fill(largest);
  return weights.map((weight) => smallest + ((largest - smallest) * (weight - last)) / (1 - last));
}

import { dot, gamma, unit } from "./numbers.ts";
import type { Problem } from "./problem.ts";

/** Scores of every token and latent, `[B, F]`, and how far those of float32 may be from them. */
export interface Scores {
  /** pre-activations */
  readonly raw: Float64Array;
  readonly rawError: Float64Array;
  /** times decoder norms where those rank, else the same arrays */
  readonly ranked: Float64Array;
  readonly rankedError: Float64Array;
}

/** Underflow of products, which no relative bound sees. */
const underflow = 2 ** -140;

/**
 * @param options.folded norms are multiplied into encoder rows before the product, as inference forms have them: then even
 *   exact sums are rounded
 */
export function scoresOf(problem: Problem, options: { folded: boolean }): Scores {
  const { rule, dIn, dSae, nTokens, encoder, encoderBias, centered, exact } = problem;
  const [raw, rawError] = [new Float64Array(nTokens * dSae), new Float64Array(nTokens * dSae)];
  const share = gamma(dIn);
  for (let b = 0; b < nTokens; b++) {
    const xNorm = problem.centeredNorm[b] ?? 0;
    for (let f = 0; f < dSae; f++) {
      const bias = encoderBias[f] as number;
      raw[b * dSae + f] = dot(centered, b * dIn, encoder, f * dIn, dIn) + bias;
      if (exact) continue;
      const eNorm = problem.encoderNorm[f] as number;
      rawError[b * dSae + f] =
        share * (xNorm * eNorm + Math.abs(bias)) + xNorm * (problem.encoderError[f] as number) + underflow;
    }
  }
  if (!rule.ranksByNorm) return { raw, rawError, ranked: raw, rankedError: rawError };
  const [ranked, rankedError] = [new Float64Array(raw.length), new Float64Array(raw.length)];
  for (let i = 0; i < raw.length; i++) {
    const [b, f] = [Math.floor(i / dSae), i % dSae];
    const [value, rank] = [raw[i] as number, problem.decoderNorm[f] as number];
    const isExact = exact && !options.folded;
    ranked[i] = isExact ? Math.fround(value * rank) : value * rank;
    const size =
      (problem.centeredNorm[b] ?? 0) * (problem.encoderNorm[f] ?? 0) + Math.abs(encoderBias[f] ?? 0);
    if (!isExact)
      rankedError[i] =
        rank * ((rawError[i] as number) + share * size + 8 * unit * Math.abs(value)) + underflow;
  }
  return { raw, rawError, ranked, rankedError };
}

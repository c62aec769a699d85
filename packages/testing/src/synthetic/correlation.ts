import { fillNormal, type Random } from "@plumbline/core";

/**
 * A Gaussian copula of low rank: latent i fires where `⟨loadings_i, z⟩ + own_i · ε_i` exceeds its threshold, with z shared
 * by all latents of a token. The correlation of two such normal numbers is the product of their loadings.
 */
export interface Correlation {
  readonly rank: number;
  /** [nLatents, rank] */
  readonly loadings: Float32Array;
  /** [nLatents] √(1 − ‖loadings_i‖²) */
  readonly own: Float64Array;
}

/**
 * Random loadings. Where a row would be longer than 1, all of them are scaled to a squared norm of at most 0.99.
 *
 * @source `generate_random_low_rank_correlation_matrix` of `sae_lens.synthetic`
 */
export function randomCorrelation(
  nLatents: number,
  options: { readonly rank: number; readonly scale: number; readonly random: Random },
): Correlation {
  const { rank, scale, random } = options;
  const loadings = fillNormal(new Float32Array(nLatents * rank), random, scale);
  const squares = new Float64Array(nLatents);
  loadings.forEach((loading, at) => {
    const latent = Math.floor(at / rank);
    squares[latent] = (squares[latent] ?? 0) + loading * loading;
  });
  const largest = squares.reduce((a, b) => Math.max(a, b), 0);
  const shrink = largest >= 1 ? Math.sqrt(0.99 / largest) : 1;
  return {
    rank,
    loadings: loadings.map((loading) => shrink * loading),
    own: squares.map((square) => Math.sqrt(1 - shrink * shrink * square)),
  };
}

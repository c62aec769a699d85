/** How often two latents fired, alone and together, on the same tokens. */
export interface FiringCounts {
  readonly nTokens: number;
  /** tokens on which both fired */
  readonly nBoth: number;
  /** tokens on which the first fired */
  readonly nFirst: number;
  /** tokens on which the second fired */
  readonly nSecond: number;
}

/** n · N11 − Ni · Nj passes 2^53 from 95 million tokens on; halves of 16 bits keep every product exact. */
const half = 0x10000;

/**
 * φ of one latent with each of many.
 *
 * @param out receives φ of each partner, in order
 * @param options `nTokens`: below 2^32; `nFirst`: firings of the one; `joint`, `nSecond`: joint firings and firings of each
 *   partner
 */
export function phiRow(
  out: Float64Array,
  options: {
    readonly nTokens: number;
    readonly nFirst: number;
    readonly joint: ArrayLike<number>;
    readonly nSecond: ArrayLike<number>;
  },
): void {
  const { nTokens, nFirst, joint, nSecond } = options;
  const spread = nFirst * (nTokens - nFirst);
  const tokensLow = nTokens % half;
  const tokensHigh = (nTokens - tokensLow) / half;
  const firstLow = nFirst % half;
  const firstHigh = (nFirst - firstLow) / half;
  for (let k = 0; k < joint.length; k++) {
    const both = joint[k] ?? 0;
    const second = nSecond[k] ?? 0;
    const product = spread * (second * (nTokens - second));
    // Both brackets are integers below 2^49: the sum is rounded once, and nothing cancels before.
    const covariance =
      (tokensHigh * both - firstHigh * second) * half + (tokensLow * both - firstLow * second);
    const phi = product === 0 ? 0 : covariance / Math.sqrt(product);
    // Rounding the root can leave ±1 by a last digit.
    out[k] = Math.max(-1, Math.min(1, phi));
  }
}

/**
 * The φ coefficient of two latents: Pearson's correlation of their firing indicators.
 *
 * `φ = (n·N11 − Ni·Nj) / √(Ni (n − Ni) Nj (n − Nj))`, and 0 where a latent fires on no token or on all. The numerator is
 * rounded once, from exact integers; φ of a latent with itself is exactly 1.
 *
 * @param counts integers, nTokens below 2^32
 * @returns −1 … 1
 * @source Yule, "On the methods of measuring association between two attributes", 1912
 * @example
 * import { phiCoefficient } from "@plumbline/metrics";
 *
 * // (10 · 3 − 4 · 5) / √(4 · 6 · 5 · 5) = 10 / √600
 * console.log(phiCoefficient({ nTokens: 10, nFirst: 4, nSecond: 5, nBoth: 3 }).toFixed(7)); // 0.4082483
 */
export function phiCoefficient({ nTokens, nBoth, nFirst, nSecond }: FiringCounts): number {
  const out = new Float64Array(1);
  phiRow(out, { nTokens, nFirst, joint: [nBoth], nSecond: [nSecond] });
  return out[0] ?? 0;
}

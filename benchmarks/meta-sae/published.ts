/** Change against the SAE alone, in percent. */
export interface Change {
  /** of mean |φ| */
  readonly phi: number;
  /** of the unexplained variance, which the paper calls L2 */
  readonly unexplained: number;
}

/**
 * What Levinson (arXiv 2604.03436) reports for GPT-2 large, layer 20: dIn 1280, dSae 20,480, k 64, 1,800 meta latents with k 8,
 * 10⁸ tokens; by λ₂ and σ².
 */
export const published: Readonly<Record<string, Change>> = {
  "0.1/0.3": { phi: -1.9, unexplained: 2.0 },
  "0.1/1": { phi: -3.8, unexplained: 3.5 },
  "0.1/3": { phi: -3.5, unexplained: 1.8 },
  "0.3/0.3": { phi: -1.5, unexplained: 5.5 },
  "0.3/1": { phi: -7.5, unexplained: 9.3 },
  "0.3/3": { phi: -4.4, unexplained: 5.7 },
  "1/0.3": { phi: 3.8, unexplained: 13.1 },
  "1/1": { phi: 2.8, unexplained: 19.6 },
  "1/3": { phi: 2.6, unexplained: 13.5 },
};

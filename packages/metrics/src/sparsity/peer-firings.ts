import type { SparseLatents } from "@plumbline/core";
import { type MetricValue, notDefined, ratio } from "../values/metric-value.ts";

/** Counts for every latent, as SAEBench and dictionary_learning take them. */
export interface PeerFirings {
  /** `prompts`: number of each token's prompt, ascending over the stream */
  add(latents: SparseLatents, prompts: Uint32Array | undefined): void;
  readonly nTokens: number;
  readonly dSae: number;
  /** [dSae] tokens with f > 0 */
  readonly positives: Float64Array;
  /** [dSae] Σ f */
  readonly sums: Float64Array;
  /** [dSae] tokens with f > 0 / prompts with at least one of them */
  consistentActivationHeuristics(): MetricValue[];
}

export function createPeerFirings(dSae: number): PeerFirings {
  const positives = new Float64Array(dSae);
  const sums = new Float64Array(dSae);
  const nPrompts = new Float64Array(dSae);
  const newestPrompt = new Float64Array(dSae).fill(-1);
  let nTokens = 0;
  let withPrompts = true;

  const addValue = (latent: number, value: number, prompt: number | undefined): void => {
    sums[latent] = (sums[latent] ?? 0) + value;
    if (!(value > 0)) return;
    positives[latent] = (positives[latent] ?? 0) + 1;
    if (prompt === undefined || newestPrompt[latent] === prompt) return;
    newestPrompt[latent] = prompt;
    nPrompts[latent] = (nPrompts[latent] ?? 0) + 1;
  };

  return {
    dSae,
    positives,
    sums,
    get nTokens(): number {
      return nTokens;
    },
    add: (latents, prompts) => {
      const { nRows, rowStarts, indices, values } = latents;
      if (prompts === undefined) withPrompts = false;
      for (let row = 0; row < nRows; row++) {
        const end = rowStarts[row + 1] ?? 0;
        for (let j = rowStarts[row] ?? 0; j < end; j++) {
          addValue(indices[j] ?? 0, values[j] ?? 0, prompts?.[row]);
        }
      }
      nTokens += nRows;
    },
    consistentActivationHeuristics: () =>
      Array.from(positives, (count, latent) =>
        withPrompts
          ? ratio(count, nPrompts[latent] ?? 0, "the latent never fired")
          : notDefined("a batch came without prompts"),
      ),
  };
}

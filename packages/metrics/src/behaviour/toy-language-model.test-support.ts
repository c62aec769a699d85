import type { ReplaceActivations, SplicedModel } from "@plumbline/core";
import { createRandom, type SaeInference, type SparseLatents, sparseFromDense } from "@plumbline/core";

/** A small language model with everything in the open. */
export interface ToyLanguageModel extends SplicedModel {
  /** activations of a sequence at the hook point: one embedding row for each token */
  activationsOf(tokens: Int32Array): Float32Array;
  /** logits that the model goes on to from activations of one sequence */
  logitsFrom(activations: Float32Array): Float32Array;
  /** runs that were begun and not yet ended */
  readonly nOpen: number;
}

/**
 * Token embeddings (the hook point), then at each position the mean of all activations up to it, then an unembedding. So the
 * replacement at one position moves the predictions of all later ones.
 *
 * @param options `chunk`: sequences that go through together, as in a runner that batches
 */
export function toyLanguageModel(options: {
  readonly nVocabulary: number;
  readonly dIn: number;
  readonly seed?: number;
  readonly scale?: number;
  readonly chunk?: number;
}): ToyLanguageModel {
  const { nVocabulary, dIn, seed = 1, scale = 1, chunk = 2 } = options;
  const random = createRandom(seed);
  const weights = (): Float32Array =>
    Float32Array.from({ length: nVocabulary * dIn }, () => scale * random.normal());
  const embedding = weights();
  const unembedding = weights();
  let nOpen = 0;

  const activationsOf = (tokens: Int32Array): Float32Array => {
    const rows = new Float32Array(tokens.length * dIn);
    tokens.forEach((token, t) => {
      rows.set(embedding.subarray(token * dIn, (token + 1) * dIn), t * dIn);
    });
    return rows;
  };
  const logitsFrom = (activations: Float32Array): Float32Array => {
    const nTokens = activations.length / dIn;
    const logits = new Float32Array(nTokens * nVocabulary);
    const sum = new Float64Array(dIn);
    for (let t = 0; t < nTokens; t++) {
      for (let d = 0; d < dIn; d++) sum[d] = (sum[d] ?? 0) + (activations[t * dIn + d] ?? 0);
      for (let v = 0; v < nVocabulary; v++) {
        let logit = 0;
        for (let d = 0; d < dIn; d++) logit += ((sum[d] ?? 0) / (t + 1)) * (unembedding[v * dIn + d] ?? 0);
        logits[t * nVocabulary + v] = logit;
      }
    }
    return logits;
  };

  async function* run(
    sequences: readonly Int32Array[],
    { replace }: { readonly replace?: ReplaceActivations } = {},
  ): AsyncGenerator<Float32Array> {
    nOpen++;
    try {
      for (let first = 0; first < sequences.length; first += chunk) {
        const together = sequences.slice(first, first + chunk);
        const nSequences = together.length;
        let activations = Float32Array.from(together.flatMap((tokens) => [...activationsOf(tokens)]));
        if (replace !== undefined) {
          activations = Float32Array.from(await replace({ activations, firstSequence: first, nSequences }));
        }
        let start = 0;
        for (const { length } of together) {
          yield logitsFrom(activations.subarray(start * dIn, (start + length) * dIn));
          start += length;
        }
      }
    } finally {
      nOpen--;
    }
  }
  return {
    hookPoint: "hook_embed",
    dIn,
    nVocabulary,
    run,
    activationsOf,
    logitsFrom,
    get nOpen(): number {
      return nOpen;
    },
  };
}

/** An SAE by its reconstruction of one row; its latents are the row itself. */
export function saeFrom(dIn: number, reconstruct: (row: Float32Array) => ArrayLike<number>): SaeInference {
  return {
    dIn,
    dSae: dIn,
    encode: async (batch) => sparseFromDense(batch, { nRows: batch.length / dIn, dSae: dIn }),
    decode: async ({ nRows, rowStarts, indices, values }: SparseLatents) => {
      const out = new Float32Array(nRows * dIn);
      for (let row = 0; row < nRows; row++) {
        const x = new Float32Array(dIn);
        for (let j = rowStarts[row] ?? 0; j < (rowStarts[row + 1] ?? 0); j++) {
          x[indices[j] ?? 0] = values[j] ?? 0;
        }
        out.set(Array.from(reconstruct(x)), row * dIn);
      }
      return out;
    },
    dispose: () => {},
  };
}

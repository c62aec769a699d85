import type { Random, ReplaceActivations, SplicedModel } from "@plumbline/core";
import { usageError } from "../errors.ts";

/** How the next token is chosen. */
export interface Sampling {
  /** 0 takes the most likely token; 1 the model's own distribution */
  readonly temperature: number;
  /** among this many most likely tokens; all by default */
  readonly topK?: number;
  /** needed unless the temperature is 0 */
  readonly random?: Random;
}

/** What {@link generateTokens} takes. */
export interface GenerateOptions {
  readonly model: SplicedModel;
  /** at least one token */
  readonly prompt: Int32Array;
  /** tokens to add at most */
  readonly nTokens: number;
  /** ends after one of these */
  readonly stopIds?: readonly number[];
  readonly sampling?: Sampling;
  readonly replace?: ReplaceActivations;
  readonly signal?: AbortSignal;
}

/** Tokens by likelihood, the most likely first; the lower id where two are alike. */
export function mostLikely(logits: Float32Array, count: number): number[] {
  const ids = Array.from(logits, (_, id) => id);
  ids.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
  return ids.slice(0, count);
}

function largest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] ?? 0) > (logits[best] ?? 0)) best = id;
  return best;
}

/** One token of softmax(logits / temperature), cut to the most likely `topK`. */
export function sampleToken(logits: Float32Array, sampling: Sampling): number {
  const { temperature, topK = logits.length, random } = sampling;
  if (temperature === 0) return largest(logits);
  if (random === undefined || !(temperature > 0) || !(topK >= 1)) {
    throw usageError({
      code: "bad-sampling",
      message: `generateTokens(): expected a temperature from 0, topK from 1 and a random stream, got ${temperature} and ${topK}`,
    });
  }
  const ids = topK < logits.length ? mostLikely(logits, topK) : Array.from(logits, (_, id) => id);
  const top = ids.reduce((most, id) => Math.max(most, logits[id] ?? 0), Number.NEGATIVE_INFINITY);
  const weights = ids.map((id) => Math.exp(((logits[id] ?? 0) - top) / temperature));
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return ids[i] ?? 0;
  }
  return ids.at(-1) ?? 0;
}

/**
 * Lets a model go on with a text, with activations at its hook point replaced if wanted. The whole text is run again for
 * each token: positions before it are changed too, as they would be by a cache that was made under the same change.
 *
 * @returns yields each new token, a stop token included
 * @throws PlumblineError `bad-prompt`, `bad-sampling`; what model and replacement throw
 */
export async function* generateTokens(options: GenerateOptions): AsyncGenerator<number, void, undefined> {
  const { model, prompt, nTokens, stopIds = [], sampling = { temperature: 0 }, replace, signal } = options;
  if (prompt.length === 0) {
    throw usageError({
      code: "bad-prompt",
      message: "generateTokens(): expected a prompt of at least one token, got none",
    });
  }
  let ids = prompt;
  for (let added = 0; added < nTokens; added++) {
    signal?.throwIfAborted();
    let token = 0;
    for await (const logits of model.run([ids], replace === undefined ? {} : { replace })) {
      token = sampleToken(logits.subarray((ids.length - 1) * model.nVocabulary), sampling);
    }
    yield token;
    if (stopIds.includes(token)) return;
    ids = Int32Array.of(...ids, token);
  }
}

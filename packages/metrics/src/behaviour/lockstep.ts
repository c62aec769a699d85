import { modelBroken } from "./checked-run.ts";
import { recordOf, type Variant, variants } from "./sequence-sums.ts";

const hint = "SplicedModel.run() must yield logits [length, nVocabulary] for each sequence, in order";

/**
 * Reads one run of each state of the model side by side: the logits of a sequence in all states, then those of the next. Only
 * one sequence's logits of each state are held, and all runs are closed whatever happens.
 *
 * @throws PlumblineError `model-broken`
 */
export async function* lockstep(
  runs: Readonly<Record<Variant, AsyncIterable<Float32Array>>>,
  sequences: readonly Int32Array[],
  nVocabulary: number,
): AsyncGenerator<{ tokens: Int32Array; logits: Record<Variant, Float32Array> }> {
  const iterators = recordOf(variants, (variant) => runs[variant][Symbol.asyncIterator]());
  try {
    for (const [i, tokens] of sequences.entries()) {
      const logits = recordOf(variants, (): Float32Array => new Float32Array(0));
      for (const variant of variants) {
        const next = await iterators[variant].next();
        if (next.done === true)
          throw modelBroken(`expected ${sequences.length} sequences of logits, got ${i}`, hint);
        logits[variant] = next.value;
        if (next.value.length !== tokens.length * nVocabulary) {
          throw modelBroken(
            `expected ${tokens.length} × ${nVocabulary} logits for sequence ${i}, got ${next.value.length}`,
            hint,
          );
        }
      }
      yield { tokens, logits };
    }
    for (const variant of variants) {
      const next = await iterators[variant].next();
      if (next.done !== true)
        throw modelBroken(`expected ${sequences.length} sequences of logits, got more`, hint);
    }
  } finally {
    for (const variant of variants) await iterators[variant].return?.();
  }
}

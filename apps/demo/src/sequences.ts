import { PlumblineError } from "@plumbline/core";
import { passageOrder, readCorpora, type Split } from "./texts.ts";
import { createUnigramTokenizer, type TokenizedText } from "./unigram-tokenizer.ts";
import { maxSequenceTokens, readVocabulary } from "./use-lite.ts";

/** One passage as the model reads it. */
export interface TokenSequence extends TokenizedText {
  /** title of the document it is from */
  readonly from: string;
}

/**
 * The sequences that one side's activations are made of, in order: a pure function of its options. Passages are cut at the
 * model's 128 tokens, the last one where `nTokens` is reached.
 *
 * @throws PlumblineError `not-enough-text`, `missing-package`
 */
export async function readSequences(options: {
  split: Split;
  nTokens: number;
  seed: number;
}): Promise<TokenSequence[]> {
  const { split, nTokens, seed } = options;
  const tokenizer = createUnigramTokenizer(await readVocabulary());
  const sequences: TokenSequence[] = [];
  let left = nTokens;
  for (const { from, text } of passageOrder(readCorpora(), { split, seed })) {
    if (left === 0) break;
    const { ids, pieces } = tokenizer.encode(text);
    const length = Math.min(ids.length, maxSequenceTokens, left);
    sequences.push({ from, ids: ids.subarray(0, length), pieces: pieces.slice(0, length) });
    left -= length;
  }
  if (left > 0) {
    throw new PlumblineError({
      code: "not-enough-text",
      kind: "usage",
      message: `[demo] readSequences(): expected at most ${nTokens - left} tokens, got ${nTokens}: there is no more ${split} text`,
      where: "key source.nTokens",
      hint: "ask for fewer",
    });
  }
  return sequences;
}

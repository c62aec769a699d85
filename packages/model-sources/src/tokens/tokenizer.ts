import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { fileError } from "../errors.ts";

/** Text to token ids and back. */
export interface Tokenizer {
  /** ids that there are: 0 … nVocabulary − 1 */
  readonly nVocabulary: number;
  /** begins a text, as `<s>` */
  readonly bosId?: number;
  /** ends a text, as `</s>` */
  readonly eosId?: number;
  /** fills up a batch */
  readonly padId?: number;
  /** begins and ends a text of a model like BERT */
  readonly clsId?: number;
  readonly sepId?: number;
  /** tokens that stand for no text */
  readonly specialIds: ReadonlySet<number>;
  /** ids of a text, without any that are put around it */
  encode(text: string): Int32Array;
  /** text of some ids; special tokens are left out if wanted */
  decode(ids: Iterable<number>, options?: { readonly skipSpecial?: boolean }): string;
  /** a single token as the vocabulary has it, as `Ġbrigade`; bytes of split characters stay in their notation */
  tokenText(id: number): string;
}

/** The parsed files of a tokenizer, as Hugging Face has them. */
export interface TokenizerFiles {
  /** tokenizer.json */
  readonly tokenizer: unknown;
  /** tokenizer_config.json */
  readonly config?: unknown;
  /** special_tokens_map.json, for what the configuration does not say */
  readonly specialTokens?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

/** Special tokens are written as text, or as an object with a content. */
function contentOf(value: unknown): string | undefined {
  const content = fieldsOf(value).content ?? value;
  return typeof content === "string" ? content : undefined;
}

const roles = [
  ["bosId", "bos_token"],
  ["eosId", "eos_token"],
  ["padId", "pad_token"],
  ["clsId", "cls_token"],
  ["sepId", "sep_token"],
] as const;

function open(files: TokenizerFiles, where: string): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(fieldsOf(files.tokenizer), fieldsOf(files.config));
  } catch (cause) {
    throw fileError({
      code: "bad-tokenizer",
      message: `createTokenizer(): not a tokenizer that is understood: ${cause instanceof Error ? cause.message : cause}`,
      where,
      hint: "is it the tokenizer.json of a fast tokenizer?",
      cause,
    });
  }
}

/**
 * A tokenizer from the files that Hugging Face models come with.
 *
 * The text of a special token inside a document (`<|endoftext|>` in a page about tokenizers) becomes that token, as in the
 * Python library by default.
 *
 * @param where the files, for messages
 * @throws PlumblineError (kind `input`) `bad-tokenizer`
 * @example
 * import { createTokenizer } from "@plumbline/model-sources";
 *
 * const tokenizer = createTokenizer(
 *   {
 *     tokenizer: {
 *       version: "1.0",
 *       added_tokens: [{ id: 0, content: "[UNK]", special: true }],
 *       pre_tokenizer: { type: "Whitespace" },
 *       model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100,
 *         vocab: { "[UNK]": 0, plumb: 1, "##line": 2, true: 3 } },
 *     },
 *   },
 *   "by hand",
 * );
 * console.log([...tokenizer.encode("plumbline true")]); // [ 1, 2, 3 ]
 */
export function createTokenizer(files: TokenizerFiles, where: string): Tokenizer {
  const inner = open(files, where);
  const added = inner.get_added_tokens_decoder();
  const specialIds = new Set([...added].filter(([, token]) => token.special).map(([id]) => id));
  const config = fieldsOf(files.config);
  const map = fieldsOf(files.specialTokens);
  const ids = roles.flatMap(([role, key]) => {
    const content = contentOf(config[key]) ?? contentOf(map[key]);
    const id = content === undefined ? undefined : inner.token_to_id(content);
    return id === undefined ? [] : [[role, id] as const];
  });
  for (const [, id] of ids) specialIds.add(id);
  const largest = [...inner.get_vocab(true).values()].reduce((most, id) => Math.max(most, id), -1);
  return Object.freeze({
    nVocabulary: largest + 1,
    ...Object.fromEntries(ids),
    specialIds,
    encode: (text: string) =>
      text === "" ? new Int32Array() : Int32Array.from(inner.encode(text, { add_special_tokens: false }).ids),
    decode: (tokens: Iterable<number>, { skipSpecial = false } = {}) =>
      inner.decode([...tokens], { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: false }),
    tokenText: (id: number) => inner.id_to_token(id) ?? "",
  });
}

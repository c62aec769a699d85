import { Tokenizer as Library } from "@huggingface/tokenizers";
import { fileError, usageError } from "../errors.ts";
import { compatibleTokenizerJson, unsupportedPart } from "./compatible-tokenizer-json.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The contents of a tokenizer's files, parsed. */
export interface TokenizerFiles {
  /** `tokenizer.json` */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** `tokenizer_config.json` */
  readonly tokenizerConfig?: Readonly<Record<string, unknown>>;
  /** `special_tokens_map.json`, asked where `tokenizer_config.json` is silent */
  readonly specialTokensMap?: Readonly<Record<string, unknown>>;
  /** `config.json` of the model, asked last */
  readonly config?: Readonly<Record<string, unknown>>;
}

const roles = ["bos", "eos", "pad", "cls", "sep", "unk"] as const;
type Role = (typeof roles)[number];

/** Lengths above this are a way to say that there is no limit. */
const maxMaxLength = 2 ** 31;

/** The id of a role's token, from the first file that knows. */
function roleId(
  role: Role,
  files: TokenizerFiles,
  idOf: (token: string) => number | undefined,
): number | undefined {
  for (const file of [files.tokenizerConfig, files.specialTokensMap]) {
    const value = file?.[`${role}_token`];
    const text =
      typeof value === "object" && value !== null ? (value as { content?: unknown }).content : value;
    const id = typeof text === "string" ? idOf(text) : undefined;
    if (id !== undefined) return id;
  }
  const value = files.config?.[`${role}_token_id`];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return Number.isSafeInteger(first) && (first as number) >= 0 ? (first as number) : undefined;
}

function makeLibrary(files: TokenizerFiles, where: string): Library {
  const model = files.tokenizer.model as { type?: string; unk_token?: unknown } | undefined;
  const unsupported = unsupportedPart(files.tokenizer as never);
  try {
    if (unsupported !== undefined) throw new Error(`${unsupported} is not known`);
    // Nothing of tokenizer_config.json: as in the reference, tokenizer.json alone says how text is cut.
    const config = { clean_up_tokenization_spaces: false, unk_token: model?.unk_token };
    return new Library(compatibleTokenizerJson(files.tokenizer), config);
  } catch (cause) {
    throw fileError({
      code: "bad-tokenizer",
      message: `createTokenizer(): not a tokenizer that can be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      where,
      hint: "the file is damaged, or of a kind that @huggingface/tokenizers does not know; tokenize in Python and pass token ids",
      cause,
    });
  }
}

/**
 * A tokenizer from the contents of its files. Ids are those of Hugging Face's Python library; README.md says where they
 * may differ.
 *
 * @throws PlumblineError (kind `input`) `bad-tokenizer`
 * @example
 * import { createTokenizer } from "@plumbline/model-sources";
 *
 * const model = { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: [["a", "b"]] };
 * const tokenizer = createTokenizer({ tokenizer: { model } }, { name: "tiny" });
 * console.log(tokenizer.encode("aba")); // Int32Array(2) [ 2, 0 ]
 */
export function createTokenizer(
  files: TokenizerFiles,
  options: { readonly name: string; readonly where?: string },
): Tokenizer {
  const { name, where = "tokenizer.json" } = options;
  const library = makeLibrary(files, where);
  const { vocab } = library.model as unknown as { vocab: readonly (string | undefined)[] };
  const added = [...library.get_added_tokens_decoder().values()];
  const ids: { -readonly [key in `${Role}Id`]?: number } = {};
  for (const role of roles) {
    const id = roleId(role, files, (token) => library.token_to_id(token));
    if (id !== undefined && id < vocab.length) ids[`${role}Id`] = id;
  }
  const specialIds = new Set([
    ...added.filter(({ special }) => special).map(({ id }) => id),
    ...Object.values(ids),
  ]);
  const limit = files.tokenizerConfig?.model_max_length;
  const tokenText = (id: number): string => {
    const text = vocab[id];
    if (text !== undefined) return text;
    throw usageError({
      code: "unknown-token",
      message: `tokenText(): expected a token id from 0 to ${vocab.length - 1}, got ${id}`,
      where: name,
      hint: "the ids were made with another tokenizer",
    });
  };
  return Object.freeze({
    name,
    nVocabulary: vocab.length,
    ...ids,
    specialIds,
    ...(typeof limit === "number" && limit > 0 && limit < maxMaxLength ? { maxLength: limit } : {}),
    tokenText,
    encode: (text: string) => Int32Array.from(library.encode(text, { add_special_tokens: false }).ids),
    decode: (tokens: ArrayLike<number>, { skipSpecial = false } = {}) => {
      const kept = Array.from(tokens).filter((id) => !(skipSpecial && specialIds.has(id)));
      for (const id of kept) tokenText(id);
      return kept.length === 0 ? "" : library.decode(kept);
    },
  });
}

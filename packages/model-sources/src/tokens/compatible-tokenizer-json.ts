/** A part of a `tokenizer.json`: its `type` says what else there is. */
interface Part {
  readonly type?: string;
  readonly [key: string]: unknown;
}

/** Unicode's punctuation and what ASCII counts as such. */
const punctuation = "[\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]";
const byteLevelWords = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const chineseCharacters =
  "[\\x{4E00}-\\x{9FFF}\\x{3400}-\\x{4DBF}\\x{20000}-\\x{2A6DF}\\x{2A700}-\\x{2B73F}\\x{2B740}-\\x{2B81F}\\x{2B920}-\\x{2CEAF}\\x{F900}-\\x{FAFF}\\x{2F800}-\\x{2FA1F}]";

const sequence = (parts: readonly Part[]): Part => ({ type: "Sequence", pretokenizers: parts });
const normalizers = (parts: readonly Part[]): Part => ({ type: "Sequence", normalizers: parts });
const replace = (pattern: { Regex: string } | { String: string }, content: string): Part => ({
  type: "Replace",
  pattern,
  content,
});
const split = (regex: string, behavior = "Isolated"): Part => ({
  type: "Split",
  pattern: { Regex: regex },
  behavior,
  invert: false,
});

/** A split of one of the kinds that the library leaves out, as one that it has. */
function behaving(regex: string, behavior: unknown): Part {
  switch (behavior) {
    case "MergedWithPrevious":
      return split(`(?:(?!${regex})(?:.|\\n))*(?:${regex})`);
    case "MergedWithNext":
      return split(`(?:${regex})(?:(?!${regex})(?:.|\\n))*`);
    case "Contiguous":
      return split(`(?:${regex})+`);
    default:
      return split(regex, typeof behavior === "string" ? behavior : "Isolated");
  }
}

function splitPart(part: Part): Part {
  const { Regex, String: text } = (part.pattern ?? {}) as { Regex?: string; String?: string };
  const regex = Regex ?? text?.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const missing = ["MergedWithPrevious", "MergedWithNext", "Contiguous"];
  if (regex === undefined || part.invert === true || !missing.includes(String(part.behavior))) return part;
  return behaving(regex, part.behavior);
}

/** Splits text before words are looked up, as the reference does it. */
function preTokenizer(part: Part | null): Part | null {
  switch (part?.type) {
    case "Sequence":
      return sequence(((part.pretokenizers ?? []) as Part[]).map((one) => preTokenizer(one) ?? one));
    case "Whitespace":
      return { ...split("\\w+|[^\\w\\s]+", "Removed"), invert: true };
    case "Punctuation":
      return behaving(punctuation, part.behavior);
    case "Digits":
      return split(part.individual_digits === true ? "\\p{N}" : "\\p{N}+");
    case "Split":
      return splitPart(part);
    case "ByteLevel":
      // A prefix must be put before the split, which only the library's own part can do.
      return part.use_regex === false || part.add_prefix_space === true
        ? part
        : sequence([split(byteLevelWords), { ...part, use_regex: false }]);
    case "Metaspace":
      return part.split === false
        ? part
        : sequence([part, behaving(String(part.replacement ?? "\u2581"), "MergedWithNext")]);
    default:
      return part;
  }
}

/** Changes text before it is split, as the reference does it. */
function normalizer(part: Part | null): Part | null {
  switch (part?.type) {
    case "Sequence":
      return normalizers(((part.normalizers ?? []) as Part[]).map((one) => normalizer(one) ?? one));
    case "Lowercase":
      // JavaScript writes a sigma at a word's end in another way than one inside of it.
      return normalizers([replace({ String: "Σ" }, "σ"), part]);
    case "BertNormalizer": {
      const { lowercase = true, strip_accents, clean_text = true, handle_chinese_chars = true } = part;
      return normalizers([
        ...(clean_text === true
          ? [
              replace({ Regex: "[\\x{0}\\x{FFFD}]|(?![\\t\\n\\r])[\\p{Cc}\\p{Cf}\\p{Cn}\\p{Co}]" }, ""),
              replace({ Regex: "\\s" }, " "),
            ]
          : []),
        ...(handle_chinese_chars === true ? [replace({ Regex: chineseCharacters }, " $& ")] : []),
        ...((strip_accents ?? lowercase) === true
          ? [{ type: "NFD" }, replace({ Regex: "\\p{Mn}" }, "")]
          : []),
        ...(lowercase === true ? [replace({ String: "Σ" }, "σ"), { type: "Lowercase" }] : []),
      ]);
    }
    default:
      return part;
  }
}

/** What the library would silently get wrong; undefined where there is nothing. */
export function unsupportedPart(json: { readonly model?: Part }): string | undefined {
  const { model } = json;
  if (model?.type === "Unigram" && model.byte_fallback === true) return "a Unigram model with byte_fallback";
  if (model?.type === "BPE" && model.continuing_subword_prefix) {
    return "a BPE model with continuing_subword_prefix";
  }
  return undefined;
}

/**
 * A `tokenizer.json` from which `@huggingface/tokenizers` makes what Hugging Face's reference (Rust, Python) makes of the
 * original: parts that it does in another way are spelled out with parts that it does the same.
 *
 * @source ours; agrees with the Python package `tokenizers` in fixtures/tokenizers
 */
export function compatibleTokenizerJson(json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    ...json,
    normalizer: normalizer((json.normalizer ?? null) as Part | null),
    pre_tokenizer: preTokenizer((json.pre_tokenizer ?? null) as Part | null),
    post_processor: null,
    decoder: json.decoder ?? null,
    added_tokens: json.added_tokens ?? [],
  };
}

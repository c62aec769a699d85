import { usageError } from "../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * How documents become sequences, and which positions become rows of activations. Every choice moves the numbers that come
 * out; none is made silently.
 */
export interface TokenPolicy {
  /** most tokens of a sequence, special ones included */
  readonly contextLength: number;
  /**
   * `pack`: documents one after the other in contexts that are full, but for the last; `truncate`: one context a document,
   * what is longer is left out; `split`: as many contexts as a document needs, none with two documents
   */
  readonly documents: "pack" | "truncate" | "split";
  /** where the token that begins a text (BOS, or CLS) is put: before each document, at the start of each context, or both */
  readonly begin: "none" | "document" | "context" | "both";
  /** where the token that ends a text (EOS, or SEP) is put: after each document, or at the end of each context */
  readonly end: "none" | "document" | "context";
  /** documents of fewer tokens are left out */
  readonly shortest: number;
  readonly rows: {
    /** special tokens */
    readonly special: "keep" | "drop";
    /** the first position of a context, whatever its token: many models use it as a sink of attention */
    readonly first: "keep" | "drop";
  };
}

/**
 * What most people do with such a tokenizer. With CLS and SEP: each document alone, cut to one context, between the two.
 * Otherwise: documents packed, with BOS (if there is one) before each document and at the start of each context. All
 * positions become rows.
 */
export function defaultTokenPolicy(
  tokenizer: Tokenizer,
  { contextLength }: { readonly contextLength: number },
): TokenPolicy {
  const rows = { special: "keep", first: "keep" } as const;
  if (tokenizer.clsId !== undefined && tokenizer.sepId !== undefined) {
    return { contextLength, documents: "truncate", begin: "context", end: "context", shortest: 1, rows };
  }
  const begin = tokenizer.bosId === undefined ? "none" : "both";
  return { contextLength, documents: "pack", begin, end: "none", shortest: 1, rows };
}

/** Ids that a policy puts in, by what it says. */
export interface PolicyIds {
  readonly beginDocument: readonly number[];
  readonly endDocument: readonly number[];
  readonly beginContext: readonly number[];
  readonly endContext: readonly number[];
}

function idFor(policy: TokenPolicy, key: "begin" | "end", id: number | undefined): number {
  if (id !== undefined) return id;
  throw usageError({
    code: "no-such-token",
    message: `tokenSequences(): ${key} is "${policy[key]}", and the tokenizer has no token that ${key === "begin" ? "begins (BOS or CLS)" : "ends (EOS or SEP)"} a text`,
    hint: `set ${key} to "none"`,
  });
}

/**
 * Checks a policy against its tokenizer and its model.
 *
 * @throws PlumblineError `bad-context-length`, `context-too-long`, `no-such-token`
 */
export function policyIds(
  policy: TokenPolicy,
  tokenizer: Tokenizer,
  maxContextLength: number | undefined,
): PolicyIds {
  const { contextLength, begin, end } = policy;
  if (maxContextLength !== undefined && contextLength > maxContextLength) {
    throw usageError({
      code: "context-too-long",
      message: `tokenSequences(): expected a contextLength of at most ${maxContextLength}, what the model's configuration says it can read, got ${contextLength}`,
      hint: `set contextLength to ${maxContextLength} or less`,
    });
  }
  const beginId = begin === "none" ? [] : [idFor(policy, "begin", tokenizer.clsId ?? tokenizer.bosId)];
  const endId = end === "none" ? [] : [idFor(policy, "end", tokenizer.sepId ?? tokenizer.eosId)];
  const ids = {
    beginDocument: begin === "document" || begin === "both" ? beginId : [],
    beginContext: begin === "context" || begin === "both" ? beginId : [],
    endDocument: end === "document" ? endId : [],
    endContext: end === "context" ? endId : [],
  };
  const around = ids.beginContext.length + ids.endContext.length;
  if (!Number.isSafeInteger(contextLength) || contextLength <= around) {
    throw usageError({
      code: "bad-context-length",
      message: `tokenSequences(): expected a contextLength of at least ${around + 1}, room for a token beside the special ones, got ${contextLength}`,
    });
  }
  return ids;
}

import type { Document } from "../documents/document.ts";
import { type PolicyIds, policyIds, type TokenPolicy } from "./token-policy.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Tokens that a model reads at once, and which of them become rows. */
export interface TokenSequence {
  readonly ids: Int32Array;
  /** [length of ids] 1 where a row of activations is wanted */
  readonly keep: Uint8Array;
}

/** Documents as ids, with what the policy puts around each. */
async function* documentIds(
  documents: AsyncIterable<Document> | Iterable<Document>,
  tokenizer: Tokenizer,
  { shortest, ids }: { readonly shortest: number; readonly ids: PolicyIds },
): AsyncGenerator<Int32Array> {
  for await (const { text } of documents) {
    const own = tokenizer.encode(text);
    if (own.length < Math.max(1, shortest)) continue;
    const { beginDocument, endDocument } = ids;
    const all = new Int32Array(beginDocument.length + own.length + endDocument.length);
    all.set(beginDocument);
    all.set(own, beginDocument.length);
    all.set(endDocument, beginDocument.length + own.length);
    yield all;
  }
}

/** Pieces of a document, each with room for what a context has around it. */
function* pieces(ids: Int32Array, room: number): Generator<Int32Array> {
  for (let start = 0; start < ids.length; start += room) yield ids.subarray(start, start + room);
}

/**
 * Documents one after the other in pieces of `room` tokens.
 *
 * @param nBegin tokens that begin a document and are left out where it begins its context, which has the same
 */
async function* packed(
  documents: AsyncIterable<Int32Array>,
  { room, nBegin }: { readonly room: number; readonly nBegin: number },
): AsyncGenerator<Int32Array> {
  let open = new Int32Array(room);
  let filled = 0;
  for await (const ids of documents) {
    for (let at = filled === 0 ? nBegin : 0; at < ids.length; ) {
      const part = ids.subarray(at, at + room - filled);
      open.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < room) continue;
      yield open;
      open = new Int32Array(room);
      filled = 0;
    }
  }
  if (filled > 0) yield open.subarray(0, filled);
}

async function* contents(
  documents: AsyncIterable<Int32Array>,
  policy: TokenPolicy,
  { room, nBegin }: { readonly room: number; readonly nBegin: number },
): AsyncGenerator<Int32Array> {
  if (policy.documents === "pack") {
    yield* packed(documents, { room, nBegin });
    return;
  }
  for await (const whole of documents) {
    const ids = whole.subarray(nBegin);
    if (policy.documents === "truncate") yield ids.subarray(0, room);
    else yield* pieces(ids, room);
  }
}

function sequenceOf(
  content: Int32Array,
  { policy, ids, special }: { policy: TokenPolicy; ids: PolicyIds; special: ReadonlySet<number> },
): TokenSequence {
  const all = new Int32Array(ids.beginContext.length + content.length + ids.endContext.length);
  all.set(ids.beginContext);
  all.set(content, ids.beginContext.length);
  all.set(ids.endContext, ids.beginContext.length + content.length);
  const { rows } = policy;
  const keep = Uint8Array.from(all, (id, position) =>
    Number(!(rows.first === "drop" && position === 0) && !(rows.special === "drop" && special.has(id))),
  );
  return { ids: all, keep };
}

/**
 * The sequences that a model reads, made of documents by a policy: the same for the same documents, however they arrive.
 * One document at a time is in memory.
 *
 * @param options.maxContextLength what the model can read, to be held against the policy
 * @throws PlumblineError (kind `usage`) `bad-context-length`, `context-too-long`, `no-such-token`; what documents throw
 */
export async function* tokenSequences(
  documents: AsyncIterable<Document> | Iterable<Document>,
  tokenizer: Tokenizer,
  policy: TokenPolicy,
  options: { readonly maxContextLength?: number } = {},
): AsyncGenerator<TokenSequence> {
  const ids = policyIds(policy, tokenizer, options.maxContextLength);
  const room = policy.contextLength - ids.beginContext.length - ids.endContext.length;
  const special = new Set(tokenizer.specialIds);
  const all = documentIds(documents, tokenizer, { shortest: policy.shortest, ids });
  const nBegin = ids.beginContext.length === 0 ? 0 : ids.beginDocument.length;
  for await (const content of contents(all, policy, { room, nBegin })) {
    yield sequenceOf(content, { policy, ids, special });
  }
}

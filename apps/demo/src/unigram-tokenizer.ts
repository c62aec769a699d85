import { PlumblineError } from "@plumbline/core";

/** A vocabulary entry: the piece as written, with `▁` for a space, and its log probability. */
export type VocabularyEntry = readonly [piece: string, score: number];

/** A text as the model sees it. */
export interface TokenizedText {
  /** [nTokens] */
  readonly ids: Int32Array;
  /** what each token stands for, spaces as spaces; joined they are the normalized text with one space before it */
  readonly pieces: readonly string[];
}

export interface UnigramTokenizer {
  readonly vocabularySize: number;
  /** the empty text has no tokens */
  encode(text: string): TokenizedText;
}

/** SentencePiece's mark for a space. */
const spaceMark = "▁";

/** Id of what no piece covers; entry 0 of the vocabulary. */
const unknownId = 0;

/** The first entries stand for "unknown", sentence ends and spare ids; no text is ever split into them. */
const nReserved = 6;

/** How far an unknown character lies below the least likely piece: SentencePiece's `kUnkPenalty`. */
const unknownPenalty = 10;

interface TrieNode {
  readonly next: Map<string, TrieNode>;
  id: number;
}

function buildTrie(vocabulary: readonly VocabularyEntry[]): TrieNode {
  const root: TrieNode = { next: new Map(), id: -1 };
  for (const [id, [piece]] of vocabulary.entries()) {
    if (id < nReserved) continue;
    let node = root;
    for (const character of piece) {
      let child = node.next.get(character);
      if (child === undefined) {
        child = { next: new Map(), id: -1 };
        node.next.set(character, child);
      }
      node = child;
    }
    // A piece that stands there twice counts where its score is higher: the earlier one.
    if (node.id < 0) node.id = id;
  }
  return root;
}

/** NFKC, runs of white space and control characters made one space, ends trimmed, `▁` before it and for each space. */
function normalize(text: string): string[] {
  const plain = text
    .normalize("NFKC")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return plain === "" ? [] : Array.from(spaceMark + plain.replaceAll(" ", spaceMark));
}

interface Lattice {
  readonly root: TrieNode;
  readonly scores: Float64Array;
  readonly unknownScore: number;
}

/** The pieces on the best path, last first, as pairs of where a piece starts and its id. */
function bestPath(
  characters: readonly string[],
  { root, scores, unknownScore }: Lattice,
): [number, number][] {
  const n = characters.length;
  const best = new Float64Array(n + 1).fill(Number.NEGATIVE_INFINITY);
  const startOf = new Int32Array(n + 1);
  const idOf = new Int32Array(n + 1);
  best[0] = 0;
  const offer = (start: number, end: number, id: number, score: number): void => {
    const total = (best[start] ?? 0) + score;
    // Starts ascend, so on a tie the longer last piece stays.
    if (total <= (best[end] ?? 0)) return;
    best[end] = total;
    startOf[end] = start;
    idOf[end] = id;
  };
  for (let start = 0; start < n; start++) {
    let node = root.next.get(characters[start] ?? "");
    if (node === undefined || node.id < 0) offer(start, start + 1, unknownId, unknownScore);
    for (let end = start + 1; node !== undefined; end++) {
      if (node.id >= 0) offer(start, end, node.id, scores[node.id] ?? 0);
      node = end < n ? node.next.get(characters[end] ?? "") : undefined;
    }
  }
  const path: [number, number][] = [];
  for (let end = n; end > 0; end = startOf[end] ?? 0) path.push([startOf[end] ?? 0, idOf[end] ?? 0]);
  return path;
}

/**
 * Splits text into the most likely sequence of vocabulary pieces (Viterbi). The text is normalized to NFKC, white space runs
 * count as one space, each space and the beginning become `▁`. A character that no piece of one character covers may be
 * unknown (id 0), at a score of 10 below the least likely piece; neighbouring unknowns are one token. Where two splits score
 * alike, the one with the longer last piece wins.
 *
 * @param vocabulary piece and log probability by id; the first six ids are reserved, the first of them is "unknown"
 * @throws PlumblineError `bad-vocabulary` for entries of another form
 * @source Kudo 2018, "Subword Regularization", section 3.1 (the unigram language model); SentencePiece `unigram_model.cc`
 */
export function createUnigramTokenizer(vocabulary: readonly VocabularyEntry[]): UnigramTokenizer {
  const bad = vocabulary.findIndex(
    (entry) => !Array.isArray(entry) || typeof entry[0] !== "string" || !Number.isFinite(entry[1]),
  );
  if (bad >= 0 || vocabulary.length <= nReserved) {
    throw new PlumblineError({
      code: "bad-vocabulary",
      kind: "input",
      message: `[demo] createUnigramTokenizer(): expected more than ${nReserved} pairs of a piece and a number, got ${
        bad >= 0 ? `something else at index ${bad}` : vocabulary.length
      }`,
      hint: "is this the model's vocab.json?",
    });
  }
  const root = buildTrie(vocabulary);
  const scores = Float64Array.from(vocabulary, ([, score]) => score);
  const unknownScore = scores.subarray(nReserved).reduce((a, b) => Math.min(a, b)) - unknownPenalty;
  return {
    vocabularySize: vocabulary.length,
    encode: (text) => {
      const characters = normalize(text);
      const ids: number[] = [];
      const pieces: string[] = [];
      let end = characters.length;
      for (const [start, id] of bestPath(characters, { root, scores, unknownScore })) {
        const piece = characters.slice(start, end).join("").replaceAll(spaceMark, " ");
        if (id === unknownId && ids.at(-1) === unknownId) pieces[pieces.length - 1] = piece + pieces.at(-1);
        else {
          ids.push(id);
          pieces.push(piece);
        }
        end = start;
      }
      return { ids: Int32Array.from(ids.reverse()), pieces: pieces.reverse() };
    },
  };
}

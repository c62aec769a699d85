/** A piece of a document that the model reads by itself. */
export interface Passage {
  /** title of the document it is from */
  readonly from: string;
  readonly text: string;
}

/** Passages are filled up to this many characters: about 110 tokens, under the model's limit of 128. */
const maxCharacters = 500;

/** Shorter ones are headings and fragments. */
const minCharacters = 40;

/** Tables, lists of figures and the like fall below this share of letters and spaces. */
const minLetterFraction = 0.85;

/** Sentence ends: a full stop, question or exclamation mark, with closing quotes, before white space. */
const sentenceEnd = /(?<=[.!?]["'”’)]*)\s+/u;

/** Cuts a sentence that is too long at the last space that fits. */
function cutLong(sentence: string): string[] {
  const parts: string[] = [];
  let rest = sentence;
  while (rest.length > maxCharacters) {
    const space = rest.lastIndexOf(" ", maxCharacters);
    const cut = space > 0 ? space : maxCharacters;
    parts.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
  return rest === "" ? parts : [...parts, rest];
}

/** Whole sentences joined while they fit into 500 characters. */
function fill(paragraph: string): string[] {
  const passages: string[] = [];
  let current = "";
  for (const sentence of paragraph.split(sentenceEnd).flatMap(cutLong)) {
    if (current !== "" && current.length + 1 + sentence.length > maxCharacters) {
      passages.push(current);
      current = "";
    }
    current = current === "" ? sentence : `${current} ${sentence}`;
  }
  return current === "" ? passages : [...passages, current];
}

/** Share of characters that are letters or spaces. */
export function letterFraction(text: string): number {
  const nLetters = text.match(/[\p{L} ]/gu)?.length ?? 0;
  return text === "" ? 0 : nLetters / Array.from(text).length;
}

/**
 * Cuts a document into passages at paragraph and sentence ends: each paragraph is filled into passages of at most 500
 * characters, sentence by sentence; a longer sentence is cut at a space. Passages under 40 characters or with less than 85 %
 * letters and spaces are left out.
 */
export function passagesOf(document: { readonly title: string; readonly text: string }): Passage[] {
  return document.text
    .split(/\n\s*\n/u)
    .map((paragraph) => paragraph.replace(/[\s\p{Cc}]+/gu, " ").trim())
    .flatMap(fill)
    .filter((text) => text.length >= minCharacters && letterFraction(text) >= minLetterFraction)
    .map((text) => ({ from: document.title, text }));
}

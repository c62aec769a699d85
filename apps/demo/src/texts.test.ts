import { expect, describe as suite, test } from "vitest";
import { documentsOf, passageOrder, readCorpora } from "./texts.ts";

const corpora = readCorpora();

suite("readCorpora()", () => {
  test("finds 135 chapters and 233 addresses", () => {
    expect(corpora.map(({ documents }) => documents.length)).toEqual([135, 233]);
  });
});

suite("passageOrder()", () => {
  test("never shows a document on both sides", () => {
    const [train, heldOut] = (["train", "held-out"] as const).map(
      (split) => new Set(passageOrder(corpora, { split, seed: 0 }).map(({ from }) => from)),
    );
    expect([...(heldOut ?? [])].filter((title) => train?.has(title))).toEqual([]);
    for (const corpus of corpora) {
      const nDocuments = documentsOf(corpus, "train").length + documentsOf(corpus, "held-out").length;
      expect(nDocuments).toBe(corpus.documents.length);
    }
  });

  test("shows no training passage's text among the held-out ones", () => {
    const train = new Set(passageOrder(corpora, { split: "train", seed: 0 }).map(({ text }) => text));
    const repeated = passageOrder(corpora, { split: "held-out", seed: 0 }).filter(({ text }) =>
      train.has(text),
    );
    expect(repeated).toEqual([]);
  });

  test("takes a passage from each corpus in turn, in an order that the seed decides", () => {
    const order = passageOrder(corpora, { split: "held-out", seed: 1 });
    expect(order.every(({ from }, index) => from.startsWith(["Moby", "State"][index % 2] ?? ""))).toBe(true);
    expect(passageOrder(corpora, { split: "held-out", seed: 1 })).toEqual(order);
    expect(passageOrder(corpora, { split: "held-out", seed: 2 })).not.toEqual(order);
  });
});

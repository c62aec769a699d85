import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createUnigramTokenizer, type VocabularyEntry } from "./unigram-tokenizer.ts";

const reserved: VocabularyEntry[] = ["?", "<s>", "</s>", "x1", "x2", "x3"].map((piece) => [piece, 0]);
const tokenizerOf = (entries: Record<string, number>) =>
  createUnigramTokenizer([...reserved, ...Object.entries(entries)]);

suite("createUnigramTokenizer()", () => {
  test("takes the split with the highest sum of scores", () => {
    // "ab" becomes ▁ a b. Splits: ▁|a|b = -1-2-2 = -5; ▁a|b = -2.5-2 = -4.5; ▁|ab = -1-3.2 = -4.2; the last wins.
    const entries = { "▁": -1, a: -2, b: -2, "▁a": -2.5, ab: -3.2 };
    expect(tokenizerOf(entries).encode("ab").pieces).toEqual([" ", "ab"]);
    // With ab at -3.6 that split falls to -4.6, below ▁a|b.
    expect(tokenizerOf({ ...entries, ab: -3.6 }).encode("ab").pieces).toEqual([" a", "b"]);
  });

  test("keeps the longer last piece on ties", () => {
    // ▁a|b = -1-2 and ▁|ab = -1-2.
    expect(tokenizerOf({ "▁": -1, b: -2, "▁a": -1, ab: -2 }).encode("ab").pieces).toEqual([" ", "ab"]);
  });

  test("makes neighbouring unknown characters one token of id 0", () => {
    const { ids, pieces } = tokenizerOf({ "▁": -1, a: -1 }).encode("aéñaü");
    expect([...ids]).toEqual([6, 7, 0, 7, 0]);
    expect(pieces).toEqual([" ", "a", "éñ", "a", "ü"]);
  });

  test("prefers a piece over unknowns even if its first character alone is unknown", () => {
    // q alone is no piece, so it may be unknown at -1-10 = -11; qu at -1 covers both.
    expect([...tokenizerOf({ "▁": -1, u: -1, qu: -1 }).encode("qu").ids]).toEqual([6, 8]);
  });

  test("never splits into reserved entries", () => {
    const { ids } = tokenizerOf({ "▁": -1, s: -1 }).encode("<s>");
    expect([...ids]).toEqual([6, 0, 7, 0]);
  });

  test("normalizes to NFKC and one space, and leaves nothing of an empty text", () => {
    const tokenizer = tokenizerOf({ "▁": -1, "▁fi": -1, "▁x": -1 });
    expect(tokenizer.encode(" ﬁ \n\t x\u0002").pieces).toEqual([" fi", " x"]);
    expect(tokenizer.encode(" \n ").ids).toHaveLength(0);
  });

  test("uses the first of two entries for one piece", () => {
    const tokenizer = createUnigramTokenizer([...reserved, ["▁a", -1], ["▁a", -3]]);
    expect([...tokenizer.encode("a").ids]).toEqual([6]);
  });

  test("refuses a vocabulary of another form", () => {
    expect(() => createUnigramTokenizer([])).toThrow(/more than 6 pairs/);
    expect(() => createUnigramTokenizer([...reserved, ["a", Number.NaN]])).toThrow(/at index 6/);
  });

  test("joined pieces are the normalized text, whatever the text", () => {
    const tokenizer = tokenizerOf({ "▁": -2, a: -3, "▁a": -4, ab: -1, "🐳": -5 });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const { ids, pieces } = tokenizer.encode(text);
        const plain = text
          .normalize("NFKC")
          .replace(/[\s\p{Cc}]+/gu, " ")
          .trim()
          .replaceAll("▁", " ");
        expect(pieces.join("")).toBe(plain === "" ? "" : ` ${plain}`);
        expect(ids).toHaveLength(pieces.length);
      }),
    );
  });
});

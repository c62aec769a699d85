import { expect, describe as suite, test } from "vitest";
import { createUnigramTokenizer } from "./unigram-tokenizer.ts";
import { readVocabulary, repairScores } from "./use-lite.ts";

suite("repairScores()", () => {
  test("gives an entry without a usable score that of the one before", () => {
    expect(
      repairScores([
        ["?", 0],
        ["a", -1],
        [":", null],
        ["b", -2],
        [":30", 30],
      ]),
    ).toEqual([
      ["?", 0],
      ["a", -1],
      [":", -1],
      ["b", -2],
      [":30", -2],
    ]);
  });

  test("refuses what is no vocabulary", () => {
    for (const entries of [null, {}, ["a"], [[1, 2]]]) expect(() => repairScores(entries)).toThrow(/pairs/);
  });
});

suite("readVocabulary()", () => {
  test("gives falling scores throughout, colons included", async () => {
    const vocabulary = await readVocabulary();
    expect(vocabulary).toHaveLength(8000);
    const scores = vocabulary.slice(6).map(([, score]) => score);
    expect(scores.every((score, index) => index === 0 || score <= (scores[index - 1] ?? 0))).toBe(true);
  });

  test("splits the check sentence as the original tokenizer does", async () => {
    const { pieces, ids } = createUnigramTokenizer(await readVocabulary()).encode(
      "The quick brown fox jumps over the lazy dog.",
    );
    expect(pieces.join("|")).toBe(" The| quick| brown| fo|x| jump|s| over| the| lazy| dog|.");
    expect(ids[11]).toBe(6);
  });
});

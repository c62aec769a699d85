import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { defaultTokenPolicy, type TokenPolicy } from "./token-policy.ts";
import { tokenSequences } from "./token-sequences.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** One token a letter: a is 10. BOS is 1, EOS 2. */
const letters: Tokenizer = {
  name: "letters",
  nVocabulary: 40,
  bosId: 1,
  eosId: 2,
  specialIds: new Set([1, 2]),
  encode: (text) => Int32Array.from(text, (letter) => letter.charCodeAt(0) - 87),
  decode: (ids) => Array.from(ids, (id) => String.fromCharCode(id + 87)).join(""),
  tokenText: (id) => String.fromCharCode(id + 87),
};
const { bosId: _, eosId: __, ...plain } = letters;
const bertLike: Tokenizer = { ...plain, clsId: 3, sepId: 4, specialIds: new Set([3, 4]) };

const policy: TokenPolicy = {
  contextLength: 4,
  documents: "pack",
  begin: "none",
  end: "none",
  shortest: 1,
  rows: { special: "keep", first: "keep" },
};

async function sequencesOf(texts: readonly string[], given: Partial<TokenPolicy> = {}, tokenizer = letters) {
  const documents = texts.map((text, i) => ({ text, where: `t:${i + 1}` }));
  const found: { ids: number[]; keep: number[] }[] = [];
  for await (const { ids, keep } of tokenSequences(documents, tokenizer, { ...policy, ...given })) {
    found.push({ ids: [...ids], keep: [...keep] });
  }
  return found;
}
const idsOf = async (...args: Parameters<typeof sequencesOf>) =>
  (await sequencesOf(...args)).map(({ ids }) => ids);

suite("tokenSequences()", () => {
  test.each<[string, Partial<TokenPolicy>, number[][]]>([
    [
      "packs documents into full contexts",
      {},
      [
        [10, 11, 12, 13],
        [14, 15, 16],
      ],
    ],
    [
      "truncates each to one context",
      { documents: "truncate" },
      [
        [10, 11, 12, 13],
        [15, 16],
      ],
    ],
    ["splits each into its own contexts", { documents: "split" }, [[10, 11, 12, 13], [14], [15, 16]]],
    ["begins documents", { begin: "document" }, [[1, 10, 11, 12], [13, 14, 1, 15], [16]]],
    [
      "begins contexts",
      { begin: "context" },
      [
        [1, 10, 11, 12],
        [1, 13, 14, 15],
        [1, 16],
      ],
    ],
    [
      "begins both, and not twice",
      { begin: "both" },
      [
        [1, 10, 11, 12],
        [1, 13, 14, 1],
        [1, 15, 16],
      ],
    ],
    [
      "splits with both",
      { documents: "split", begin: "both" },
      [
        [1, 10, 11, 12],
        [1, 13, 14],
        [1, 15, 16],
      ],
    ],
    ["ends documents", { end: "document" }, [[10, 11, 12, 13], [14, 2, 15, 16], [2]]],
    [
      "ends contexts",
      { documents: "truncate", begin: "context", end: "context" },
      [
        [1, 10, 11, 2],
        [1, 15, 16, 2],
      ],
    ],
    ["leaves short documents out", { shortest: 3 }, [[10, 11, 12, 13], [14]]],
  ])("%s", async (_, given, expected) => {
    expect(await idsOf(["abcde", "fg"], given)).toEqual(expected);
  });

  test("says which positions become rows", async () => {
    const rows = { special: "drop", first: "keep" } as const;
    expect((await sequencesOf(["abc"], { begin: "context", rows }))[0]?.keep).toEqual([0, 1, 1, 1]);
    const withoutFirst = { special: "keep", first: "drop" } as const;
    expect((await sequencesOf(["abc"], { rows: withoutFirst }))[0]?.keep).toEqual([0, 1, 1]);
    expect((await sequencesOf(["abc"], { begin: "document" }))[0]?.keep).toEqual([1, 1, 1, 1]);
  });

  test("packing loses and repeats no token, whatever the documents", async () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.integer({ min: 2, max: 7 }),
        fc.constantFrom("none", "context", "both", "document"),
        async (documents, contextLength, begin) => {
          const found = await idsOf(documents, { contextLength, begin });
          const read = found.flat().filter((id) => id !== 1);
          expect(read).toEqual([...letters.encode(documents.join(""))]);
          for (const [i, ids] of found.entries()) {
            if (i < found.length - 1) expect(ids).toHaveLength(contextLength);
            expect(ids.length).toBeLessThanOrEqual(contextLength);
            if (begin === "context" || begin === "both") expect(ids[0]).toBe(1);
          }
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });

  test("splitting keeps to documents, and joins to them again", async () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 9 }), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 3, max: 5 }), async (documents, contextLength) => {
        const found = await idsOf(documents, {
          contextLength,
          documents: "split",
          begin: "both",
          end: "context",
        });
        const own = contextLength - 2;
        expect(found.map((ids) => ids.length - 2)).toEqual(
          documents.flatMap(({ length }) =>
            Array.from({ length: Math.ceil(length / own) }, (_, i) => Math.min(own, length - i * own)),
          ),
        );
        expect(found.flatMap((ids) => ids.slice(1, -1))).toEqual([...letters.encode(documents.join(""))]);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  test("refuses contexts that are too long for the model or too short for the policy, and tokens that are not there", async () => {
    const run = (given: Partial<TokenPolicy>, options = {}, tokenizer: Tokenizer = letters) =>
      tokenSequences([{ text: "a", where: "t" }], tokenizer, { ...policy, ...given }, options).next();
    await expect(run({ contextLength: 600 }, { maxContextLength: 512 })).rejects.toMatchObject({
      code: "context-too-long",
      message: expect.stringMatching(/512.*600/),
    });
    await expect(run({ contextLength: 1, begin: "context" })).rejects.toMatchObject({
      code: "bad-context-length",
    });
    await expect(run({ contextLength: 2, begin: "context", end: "context" })).rejects.toMatchObject({
      code: "bad-context-length",
    });
    await expect(run({ end: "document" }, {}, plain)).rejects.toMatchObject({ code: "no-such-token" });
  });
});

suite("defaultTokenPolicy()", () => {
  test("is what most people do with such a tokenizer", async () => {
    const length = { contextLength: 4 };
    expect(defaultTokenPolicy(letters, length)).toMatchObject({
      documents: "pack",
      begin: "both",
      end: "none",
    });
    expect(defaultTokenPolicy(plain, length)).toMatchObject({ documents: "pack", begin: "none" });
    const bert = defaultTokenPolicy(bertLike, length);
    expect(await idsOf(["abcdef", "g"], bert, bertLike)).toEqual([
      [3, 10, 11, 4],
      [3, 16, 4],
    ]);
  });
});

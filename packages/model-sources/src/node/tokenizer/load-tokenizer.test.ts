import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { loadTokenizer } from "./load-tokenizer.ts";

const fixtures = fileURLToPath(new URL("../../../../../fixtures/tokenizers", import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8")) as {
  texts: string[];
  tokenizers: Record<string, { nVocabulary: number; ids: number[][]; decoded: string[] }>;
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-tokenizer-"));
});
afterAll(() => rm(folder, { recursive: true }));

suite("loadTokenizer()", () => {
  for (const [name, { nVocabulary, ids, decoded }] of Object.entries(expected.tokenizers)) {
    test(`${name}: gives the ids and texts of the Python library`, async () => {
      const tokenizer = await loadTokenizer(join(fixtures, name));
      expect(tokenizer.nVocabulary).toBe(nVocabulary);
      for (const [i, text] of expected.texts.entries()) {
        expect.soft(Array.from(tokenizer.encode(text)), JSON.stringify(text)).toEqual(ids[i]);
        // The library's byte fallback drops a U+FEFF that was spelled in bytes, when it decodes; README.md says so.
        const wanted = name === "byte-fallback" ? decoded[i]?.replaceAll("\uFEFF", "") : decoded[i];
        expect.soft(tokenizer.decode(ids[i] ?? []), JSON.stringify(text)).toBe(wanted);
      }
    });
  }

  test("knows the special tokens and the limit", async () => {
    const gpt = await loadTokenizer(join(fixtures, "byte-level-bpe"));
    expect(gpt).toMatchObject({ name: "byte-level-bpe", bosId: 0, eosId: 0, maxLength: 1024 });
    expect(gpt.decode(gpt.encode("a<|endoftext|>b"), { skipSpecial: true })).toBe("ab");
    expect(() => gpt.tokenText(100_000)).toThrow("expected a token id from 0 to");
    const bert = await loadTokenizer(join(fixtures, "word-piece"));
    expect(bert).toMatchObject({ padId: 0, unkId: 1, clsId: 2, sepId: 3 });
    expect(bert.bosId).toBeUndefined();
    expect([...bert.specialIds]).toEqual([0, 1, 2, 3, 4]);
  });

  test("says what is missing or damaged", async () => {
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "no-tokenizer", kind: "input" });
    await writeFile(join(folder, "spiece.model"), "");
    await expect(loadTokenizer(folder)).rejects.toThrow("AutoTokenizer");
    await writeFile(join(folder, "tokenizer.json"), "{");
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "bad-json", kind: "input" });
    for (const wrong of ["[]", "{}", '{"model": {"type": "New"}}', '{"model": {"type": "BPE"}}']) {
      await writeFile(join(folder, "tokenizer.json"), wrong);
      await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "bad-tokenizer", kind: "input" });
    }
    await expect(loadTokenizer(folder, { maxBytes: 3 })).rejects.toMatchObject({ code: "file-too-large" });
  });

  test("takes a long text in a time that grows with its length", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "byte-level-bpe"));
    const time = (repeats: number): number => {
      const text = expected.texts.join(" ").repeat(repeats);
      const start = performance.now();
      tokenizer.encode(text);
      return performance.now() - start;
    };
    time(5);
    // Quadratic would be 64 times as long; 8 is linear, and the rest is for a busy machine.
    expect(time(80)).toBeLessThan(40 * Math.max(time(10), 5));
  });
});

import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { cleanDocuments } from "./clean-documents.ts";
import { createDocumentCounts, type Document } from "./document.ts";
import { createFingerprintSet } from "./fingerprint-set.ts";
import { textOfJsonLine } from "./json-line-documents.ts";
import { splitLines } from "./split-lines.ts";
import { type TextSplit, textDocuments } from "./text-documents.ts";
import { decodeUtf8, firstInvalidUtf8, utf8Bytes } from "./utf8.ts";

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

suite("splitLines()", () => {
  test("gives the lines of the text, however it is cut into pieces", async () => {
    const character = fc.constantFrom("a", "é", "\n", "\r\n", "\uFEFF", "日", " ");
    await fc.assert(
      fc.asyncProperty(
        fc.array(character),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (parts, size, mark) => {
          const text = parts.join("");
          // A mark at the very start would be dropped with the one before it left in place.
          fc.pre(mark || !text.startsWith("\uFEFF"));
          const bytes = encode((mark ? "\uFEFF" : "") + text);
          const lines = await all(splitLines(pieces(bytes, size), { maxBytes: 1000, where: "f" }));
          const expected = text.split(/\r?\n/);
          if (expected.at(-1) === "") expected.pop();
          expect(
            lines.map((line) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(line.bytes)),
          ).toEqual(expected);
          for (const line of lines) {
            expect(bytes.slice(line.offset, line.offset + line.bytes.length)).toEqual(line.bytes.slice());
          }
          expect(lines.map(({ line }) => line)).toEqual(expected.map((_, i) => i + 1));
        },
      ),
    );
  });

  test("refuses a line above the limit before it is read to its end", async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 100;
        yield new Uint8Array(100).fill(0x61);
      }
    }
    await expect(all(splitLines(endless(), { maxBytes: 1000, where: "f.txt" }))).rejects.toMatchObject({
      code: "limit-exceeded",
      where: "f.txt:1",
    });
    expect(given).toBeLessThan(1300);
  });
});

suite("decodeUtf8()", () => {
  test("agrees with the platform's decoder on what is valid, and names the first byte that is not", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const at = firstInvalidUtf8(bytes);
        const decoder = new TextDecoder("utf-8", { fatal: true });
        if (at < 0) expect(() => decoder.decode(bytes)).not.toThrow();
        else {
          expect(() => decoder.decode(bytes)).toThrow();
          expect(() => decoder.decode(bytes.subarray(0, at))).not.toThrow();
        }
      }),
      { numRuns: 2000 },
    );
    const random = fc.string({ unit: "binary", maxLength: 30 });
    fc.assert(
      fc.property(random, (text) => {
        expect(firstInvalidUtf8(encode(text))).toBe(-1);
        expect(utf8Bytes(text)).toBe(encode(text).length);
      }),
    );
  });

  test("says where, or replaces", () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0x62);
    const where = "f.txt";
    expect(() => decodeUtf8(bytes, { where, offset: 10, invalidUtf8: "error" })).toThrow(
      "got byte 0xff that does not fit (f.txt, byte 11)",
    );
    expect(decodeUtf8(bytes, { where, invalidUtf8: "replace" })).toBe("a\uFFFDb");
  });
});

suite("textDocuments()", () => {
  const documents = (text: string, split: TextSplit): Promise<Document[]> =>
    all(
      textDocuments(pieces(encode(text), 3), {
        where: "f",
        split,
        maxDocumentBytes: 100,
        invalidUtf8: "error",
      }),
    );
  const text = "\uFEFFone\r\ntwo\n \t\n\nthree\n";

  test("cuts as it is told", async () => {
    expect(await documents(text, "none")).toEqual([{ text: "one\r\ntwo\n \t\n\nthree\n", where: "f" }]);
    expect((await documents(text, "lines")).map((one) => one.where)).toEqual([
      "f:1",
      "f:2",
      "f:3",
      "f:4",
      "f:5",
    ]);
    expect(await documents(text, "blank-lines")).toEqual([
      { text: "one\ntwo", where: "f:1" },
      { text: "three", where: "f:5" },
    ]);
  });

  test("refuses a paragraph above the limit, though each line is below", async () => {
    await expect(documents("abcdefgh\n".repeat(20), "blank-lines")).rejects.toMatchObject({
      code: "limit-exceeded",
      where: "f:1",
    });
  });
});

suite("textOfJsonLine()", () => {
  test("gives the field, or says what is there", () => {
    const read = (json: string) => textOfJsonLine(json, { field: "text", where: "f:3" });
    expect(read('{"text": "one\\n"}')).toBe("one\n");
    expect(() => read('{"body": "one", "id": 1}')).toThrow('pass field: one of "body", "id"');
    expect(() => read('{"text": 7}')).toThrow(
      'expected text in field "text", got a value of type number (f:3)',
    );
    expect(() => read('{"text": null}')).toThrow("got null");
    expect(() => read("[1]")).toThrow("expected a JSON object, got an array");
    expect(() => read("{")).toThrow("not JSON");
    expect(() => textOfJsonLine("{}", { field: "__proto__", where: "f" })).toThrow("no such field");
  });
});

suite("cleanDocuments()", () => {
  const sum = (text: string): Uint8Array => {
    const hash = new Uint8Array(16);
    hash.set(encode(text).subarray(0, 16));
    return hash;
  };
  const cleaned = async (texts: readonly string[], deduplicate: boolean) => {
    const counts = createDocumentCounts();
    const documents = texts.map((text, i) => ({ text, where: `f:${i}` }));
    const options = deduplicate ? { counts, deduplicate: sum } : { counts };
    return { counts, texts: (await all(cleanDocuments(documents, options))).map(({ text }) => text) };
  };

  test("leaves out empty ones and, if wanted, those that were there, composed and trimmed", async () => {
    const texts = ["é", " e\u0301\n", "", " \n", "é", "b"];
    expect(await cleaned(texts, false)).toEqual({
      texts: ["é", " e\u0301\n", "é", "b"],
      counts: { documents: 4, empty: 2, duplicates: 0, bytes: 2 + 5 + 2 + 1 },
    });
    expect(await cleaned(texts, true)).toEqual({
      texts: ["é", "b"],
      counts: { documents: 2, empty: 2, duplicates: 2, bytes: 3 },
    });
  });

  test("a fingerprint set holds what a set holds", () => {
    const fingerprints = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 })),
      {
        maxLength: 3000,
        minLength: 1000,
      },
    );
    fc.assert(
      fc.property(fingerprints, (pairs) => {
        const ours = createFingerprintSet();
        const theirs = new Set<string>();
        for (const [a, b] of pairs) {
          // Not all zeros, which stand for one of two fingerprints.
          const words = Uint32Array.of(a, 0, b, 7);
          expect(ours.add(new Uint8Array(words.buffer))).toBe(!theirs.has(words.join()));
          theirs.add(words.join());
        }
        expect(ours.size).toBe(theirs.size);
      }),
      { numRuns: 20 },
    );
  });
});

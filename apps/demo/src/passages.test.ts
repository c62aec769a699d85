import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { letterFraction, passagesOf } from "./passages.ts";

const sentence = (nCharacters: number): string => `${"word ".repeat(nCharacters / 5 - 1)}end.`;
const textsOf = (text: string): string[] => passagesOf({ title: "t", text }).map((passage) => passage.text);

suite("passagesOf()", () => {
  test("fills passages with whole sentences up to 500 characters", () => {
    // 200 - 1 characters each: two and a space between are 399, a third would make 599.
    const one = sentence(200);
    expect(one).toHaveLength(199);
    expect(textsOf([one, one, one].join(" "))).toEqual([`${one} ${one}`, one]);
  });

  test("never joins across a paragraph end", () => {
    const one = sentence(100);
    expect(textsOf(`${one}\n\n${one}`)).toEqual([one, one]);
    expect(textsOf(`${one}\n${one}`)).toEqual([`${one} ${one}`]);
  });

  test("ends a sentence behind closing quotes, not before them", () => {
    const quoted = `"${sentence(300).slice(0, -1)}!"`;
    expect(textsOf(`${quoted} ${quoted}`)).toEqual([quoted, quoted]);
  });

  test("cuts a sentence above 500 characters at a space", () => {
    const texts = textsOf(sentence(1200));
    expect(texts.every((text) => text.length <= 500)).toBe(true);
    expect(texts.join(" ")).toBe(sentence(1200));
  });

  test("leaves out short passages and those with few letters", () => {
    expect(textsOf("CHAPTER 1. Loomings.")).toEqual([]);
    expect(textsOf("Receipts 1,234,567.89; expenditures 2,345,678.90; deficit 1,111,111.01.")).toEqual([]);
  });

  test("keeps passages within their bounds, whatever the text", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 300 }), { maxLength: 12 }), (parts) => {
        for (const text of textsOf(parts.join(". "))) {
          expect(text.length).toBeLessThanOrEqual(500);
          expect(text.length).toBeGreaterThanOrEqual(40);
          expect(letterFraction(text)).toBeGreaterThanOrEqual(0.85);
        }
      }),
    );
  });
});

suite("letterFraction()", () => {
  test("counts letters of any script and spaces over characters", () => {
    expect(letterFraction("ab c")).toBe(1);
    expect(letterFraction("aé1.")).toBe(0.5);
    expect(letterFraction("")).toBe(0);
  });
});

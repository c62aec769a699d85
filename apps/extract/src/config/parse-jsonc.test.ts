import { assert as check, jsonValue, property, string } from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { JsoncSyntaxError, parseJsonc } from "./parse-jsonc.ts";

const places = (text: string): string => {
  try {
    parseJsonc(text);
    return "fine";
  } catch (error) {
    if (!(error instanceof JsoncSyntaxError)) throw error;
    return `${error.line}:${error.column} ${error.message}`;
  }
};

suite("parseJsonc()", () => {
  test("allows comments and a comma after the last item, and knows the line of each key", () => {
    const { value, lineOf } = parseJsonc(`// head
{
  "trainer": { /* inner */
    "batchSize": 512, // tokens
    "list": [1, "two // not a comment",],
  },
}`);
    expect(value).toEqual({ trainer: { batchSize: 512, list: [1, "two // not a comment"] } });
    expect(lineOf("trainer")).toBe(3);
    expect(lineOf("trainer.batchSize")).toBe(4);
    expect(lineOf("trainer.list.1")).toBe(5);
    expect(lineOf("trainer.nothing")).toBeUndefined();
  });

  test("equals JSON.parse on all JSON", () => {
    check(
      property(jsonValue(), (value) => {
        const text = JSON.stringify(value, undefined, 1);
        expect(parseJsonc(text).value).toEqual(JSON.parse(text));
      }),
    );
  });

  test("gives a value or a syntax error for any text", () => {
    check(
      property(string({ unit: "binary", maxLength: 60 }), (text) => {
        places(text);
        places(`{"a": ${text}`);
      }),
    );
  });

  test("says line and column of what is wrong", () => {
    expect(places('{\n  "a": 1\n  "b": 2\n}')).toBe('3:3 expected "," or "}", found "\\""');
    expect(places('{"a": tru}')).toBe('1:7 expected a value, found "t"');
    expect(places('{"a": 1')).toBe('1:8 expected "," or "}", found the end');
    expect(places('{"a": 1, "a": 2}')).toBe('1:13 key "a" stands twice, found ":"');
    expect(places("[1] 2")).toBe('1:5 expected the end of the file, found "2"');
    expect(places('{"a": 1.2.3}')).toBe('1:7 expected a value, not 1.2.3, found "1"');
  });

  test("survives hostile nesting and keys", () => {
    expect(places("[".repeat(100_000))).toMatch(/at most 64 levels/);
    const { value } = parseJsonc('{"__proto__": {"polluted": 1}}');
    expect(Object.hasOwn(value as object, "__proto__")).toBe(true);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

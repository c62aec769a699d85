import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { canonicalJson, documentJson } from "./canonical-json.ts";

suite("canonicalJson()", () => {
  test("sorts keys and keeps short lists on one line", () => {
    expect(canonicalJson({ b: [1, 2], a: { d: [], c: {} }, e: [{ f: null }] })).toBe(
      `{
  "a": {
    "c": {},
    "d": []
  },
  "b": [1, 2],
  "e": [
    {
      "f": null
    }
  ]
}`,
    );
  });

  test("comes back exactly, −0 included, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: "binary" }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toStrictEqual(value);
      }),
    );
    expect(Object.is(JSON.parse(canonicalJson(-0)), -0)).toBe(true);
  });

  test("does not depend on the order in which keys were set", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(object));
      }),
    );
  });

  test("treats undefined as absent in objects only", () => {
    expect(canonicalJson({ a: undefined })).toBe("{}");
    expect(() => canonicalJson({ a: [undefined] })).toThrow(/a\[0\] is a undefined/);
  });

  test("refuses what JSON would change, naming the place", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    for (const [value, message] of [
      [{ a: { b: Number.NaN } }, /a\.b is NaN/],
      [[1, Number.NEGATIVE_INFINITY], /\[1\] is -Infinity/],
      [{ when: new Date(0) }, /when is a Date/],
      [{ data: new Float32Array(1) }, /data is a Float32Array/],
      [{ n: 1n }, /n is a bigint/],
      [{ f: () => 1 }, /f is a function/],
      [loop, /nested deeper than 64/],
    ] as const) {
      expect(() => canonicalJson(value)).toThrow(
        expect.objectContaining({ code: "bad-json-value", message: expect.stringMatching(message) }),
      );
    }
  });

  test("keeps a key named __proto__", () => {
    expect(canonicalJson(JSON.parse('{"__proto__": 1, "a": 2}'))).toBe('{\n  "__proto__": 1,\n  "a": 2\n}');
  });
});

suite("documentJson()", () => {
  test("keeps the order of its own keys and ends with a line end", () => {
    expect(
      documentJson([
        ["z", 1],
        ["a", { c: 1, b: 2 }],
      ]),
    ).toBe('{\n  "z": 1,\n  "a": {\n    "b": 2,\n    "c": 1\n  }\n}\n');
  });
});

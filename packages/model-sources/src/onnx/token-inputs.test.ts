import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { padTokens, tokenInputs } from "./token-inputs.ts";

const int64 = (name: string) => ({ name, elementType: 7, range: { start: 0, end: 0 } });

suite("tokenInputs()", () => {
  test("gives any ids in 64 bits", () => {
    const idLists = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1 });
    fc.assert(
      fc.property(idLists, (ids) => {
        const { input_ids: input } = tokenInputs([int64("input_ids")], padTokens([Int32Array.from(ids)], 0));
        expect(input).toEqual({
          type: "int64",
          data: BigInt64Array.from(ids, BigInt),
          dimensions: [1, ids.length],
        });
      }),
    );
  });

  test("gives masks and positions of padded sequences in 64 bits", () => {
    const padded = padTokens([Int32Array.of(7, 8, 9), Int32Array.of(5)], 3);
    const found = tokenInputs(["input_ids", "attention_mask", "position_ids"].map(int64), padded);
    expect(Object.values(found).map(({ data }) => [...data].map(Number))).toEqual([
      [7, 8, 9, 5, 3, 3],
      [1, 1, 1, 1, 0, 0],
      [0, 1, 2, 0, 1, 2],
    ]);
  });
});

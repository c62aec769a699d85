import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { rowsOf } from "./rows-of.ts";

const caller = { from: "toy", where: "encode()" };

suite("rowsOf()", () => {
  test("counts whole rows", () => {
    const size = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(size, size, (nRows, dIn) => {
        expect(rowsOf(new Float32Array(nRows * dIn), dIn, caller)).toBe(nRows);
      }),
    );
  });

  for (const length of [0, 2, 4]) {
    test(`refuses ${length} numbers as rows of 3`, () => {
      expect(() => rowsOf(new Float32Array(length), 3, caller)).toThrow(
        expect.objectContaining({
          code: "shape-mismatch",
          kind: "usage",
          what: `[toy] encode(): expected whole rows of 3 numbers, at least one, got ${length} numbers`,
          hint: "check the width of the activations against dIn",
        }),
      );
    });
  }
});

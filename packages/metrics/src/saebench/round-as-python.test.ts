import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { roundAsPython } from "./round-as-python.ts";

suite("roundAsPython()", () => {
  // Printed by Python 3.11: round(value, 10).
  test.each([
    [2 ** -11, 0.0004882812],
    [3 * 2 ** -11, 0.0014648438],
    [5 * 2 ** -11, 0.0024414062],
    [-(2 ** -11), -0.0004882812],
    [1 + 2 ** -11, 1.0004882812],
    [1000 + 3 * 2 ** -11, 1000.0014648438],
    [1 / 3, 0.3333333333],
    [2 / 3, 0.6666666667],
    [0.1 + 0.2, 0.3],
    [1e-11, 0],
    [6e-11, 1e-10],
    [0, 0],
    [7, 7],
    [12345.123456789011, 12345.123456789],
  ])("rounds %s to %s", (value, expected) => {
    expect(roundAsPython(value)).toBe(expected);
  });

  test("moves nothing by more than half a unit, and changes nothing twice", () => {
    fc.assert(
      fc.property(fc.double({ min: -100, max: 100, noNaN: true }), (value) => {
        const rounded = roundAsPython(value);
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(0.5e-10 + 1e-13);
        expect(roundAsPython(rounded)).toBe(rounded);
      }),
    );
  });
});

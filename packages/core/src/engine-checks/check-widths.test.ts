import { expect, describe as suite, test } from "vitest";
import { checkWidths } from "./check-widths.ts";

const good = { dIn: 3, dSae: 5, sample: { mean: new Float32Array(3) } };
const caller = { from: "toy", where: "createToy()" };

suite("checkWidths()", () => {
  test("lets widths through that fit the sample", () => {
    expect(() => checkWidths(good, caller)).not.toThrow();
    expect(() => checkWidths({ ...good, dSae: 1 }, caller)).not.toThrow();
  });

  for (const [what, change, name, value] of [
    ["a width of zero", { dSae: 0 }, "dSae", "0"],
    ["a fractional width", { dIn: 1.5 }, "dIn", "1.5"],
    ["a width below zero", { dIn: -3 }, "dIn", "-3"],
    ["a width that is NaN", { dSae: Number.NaN }, "dSae", "NaN"],
  ] as const) {
    test(`refuses ${what}`, () => {
      expect(() => checkWidths({ ...good, ...change }, caller)).toThrow(
        expect.objectContaining({
          code: "bad-width",
          kind: "usage",
          what: `[toy] createToy(): expected ${name} to be an integer of at least 1, got ${value}`,
          hint: "set the widths of the SAE",
        }),
      );
    });
  }

  test("refuses a sample of another width", () => {
    expect(() => checkWidths({ ...good, sample: { mean: new Float32Array(2) } }, caller)).toThrow(
      expect.objectContaining({
        code: "shape-mismatch",
        kind: "usage",
        what: "[toy] createToy(): expected a mean of 3 numbers in the sample, got 2",
        hint: "check the width of the activations against dIn",
      }),
    );
  });
});

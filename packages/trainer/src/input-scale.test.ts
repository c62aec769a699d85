import { expect, describe as suite, test } from "vitest";
import { inputScaleFor } from "./input-scale.ts";

const statistics = (meanSquaredNorm: number) => ({ nRows: 2, mean: new Float32Array(2), meanSquaredNorm });

suite("inputScaleFor()", () => {
  test("brings the mean squared norm to one", () => {
    // Rows [3, 4] and [1, 0]: (25 + 1) / 2 = 13; scaled by 1/√13 the mean of the squares is 13 / 13.
    expect(inputScaleFor(statistics(13)) ** 2 * 13).toBeCloseTo(1, 12);
    expect(inputScaleFor(statistics(16))).toBe(0.25);
  });

  test.each([0, Number.NaN, Number.POSITIVE_INFINITY, -1])("refuses %d", (meanSquaredNorm) => {
    expect(() => inputScaleFor(statistics(meanSquaredNorm))).toThrow(
      expect.objectContaining({ code: "no-scale", kind: "input" }),
    );
  });
});

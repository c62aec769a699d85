import { expect, describe as suite, test } from "vitest";
import { decomposabilityOf } from "./decomposability.ts";

suite("decomposabilityOf()", () => {
  test("is e^(−d² / σ²) on average, and the variance explained", () => {
    // Rows (1, 0) and (0, 1), rebuilt as (1, 0) and (0, 0): distances 0 and 1; deviations from the mean row 1/2 each.
    const rows = Float32Array.of(1, 0, 0, 1);
    const found = decomposabilityOf(rows, Float32Array.of(1, 0, 0, 0), { dIn: 2, sigma2: 0.5 });
    expect(found.mean).toBeCloseTo((1 + Math.exp(-2)) / 2, 12);
    expect(found.explainedVariance).toBeCloseTo(0, 12);
  });
});

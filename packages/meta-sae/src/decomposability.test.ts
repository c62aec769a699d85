import { expect, describe as suite, test } from "vitest";
import { decomposabilityOf } from "./decomposability.ts";

suite("decomposabilityOf()", () => {
  test("is e^(−d² / σ²) on average", () => {
    // Rows (1, 0) and (0, 1), rebuilt as (1, 0) and (0, 0): distances 0 and 1.
    const rows = Float32Array.of(1, 0, 0, 1);
    const found = decomposabilityOf(rows, Float32Array.of(1, 0, 0, 0), { dIn: 2, sigma2: 0.5 });
    expect(found).toBeCloseTo((1 + Math.exp(-2)) / 2, 12);
  });
});

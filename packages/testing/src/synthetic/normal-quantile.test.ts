import { expect, describe as suite, test } from "vitest";
import { normalQuantile } from "./normal-quantile.ts";

suite("normalQuantile()", () => {
  // By bisection of Python's math.erfc; the formula has three ranges, and each has its values here.
  test.each([
    [0.5, 0],
    [0.6, 0.2533471031357997],
    [0.975, 1.959963984540054],
    [5e-4, -3.2905267314919255],
    [1e-6, -4.753424308822899],
    [1e-15, -7.941345326170997],
  ])("of %s is %s", (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-13);
  });

  test("is odd about one half, and infinite at the ends", () => {
    expect(normalQuantile(0.25)).toBe(-normalQuantile(0.75));
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });
});

import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { distributionOf, distributionOfCounts } from "./distribution.ts";
import { histogramOf } from "./histogram.ts";
import { ratio } from "./metric-value.ts";

suite("distributionOf()", () => {
  test("interpolates between ranks as numpy does", () => {
    // Sorted 1, 2, 4, 8: rank of 0.25 is 0.75 → 1 + .75 · 1; of 0.9 is 2.7 → 4 + .7 · 4 = 6.8.
    const { mean, min, max, quantiles } = distributionOf([8, 1, 4, 2], { levels: [0, 0.25, 0.9, 1] });
    expect([mean, min, max]).toEqual([{ value: 3.75 }, { value: 1 }, { value: 8 }]);
    expect(quantiles.map(({ value }) => value)).toEqual([1, 1.75, expect.closeTo(6.8, 12), 8]);
  });

  test("has no values for nothing, nor for numbers that are not finite", () => {
    expect(distributionOf([], { reason: "no latents" }).min).toEqual({ value: null, reason: "no latents" });
    const broken = distributionOf([1, Number.NaN], { levels: [0.5] });
    expect(broken.n).toBe(2);
    expect(broken.quantiles).toEqual([{ q: 0.5, value: null, reason: "some values are not finite" }]);
  });

  test("agrees with the same numbers given as counts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const counts = new Map<number, number>();
          for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
          const options = { levels: [q], reason: "none" };
          expect(distributionOfCounts(counts, options)).toEqual(distributionOf(values, options));
        },
      ),
    );
  });

  test("refuses levels outside 0..1", () => {
    expect(() => distributionOf([1], { levels: [50] })).toThrow("levels in 0..1, got 50");
  });
});

suite("histogramOf()", () => {
  test("puts an edge into the bin above it, and the last edge into the last bin", () => {
    const histogram = histogramOf([-1, 0, 0.5, 1, 1, 2, 2.5], [0, 1, 2]);
    expect(histogram).toEqual({ edges: [0, 1, 2], counts: [2, 3], nBelow: 1, nAbove: 1 });
  });

  test("loses nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true })), (values) => {
        const { counts, nBelow, nAbove } = histogramOf(values, [-10, -1, 0, 3]);
        expect(counts.reduce((sum, count) => sum + count, nBelow + nAbove)).toBe(values.length);
      }),
    );
  });

  test("refuses edges that do not ascend, and NaN", () => {
    expect(() => histogramOf([], [1])).toThrow("two ascending edges");
    expect(() => histogramOf([], [0, 0])).toThrow("ascending edges, got 0, 0");
    expect(() => histogramOf([], [0, Number.NaN])).toThrow("ascending");
    expect(() => histogramOf([Number.NaN], [0, 1])).toThrow("got NaN");
  });
});

suite("ratio()", () => {
  test("has no value over 0 or for what is not finite", () => {
    expect(ratio(1, 0, "none")).toEqual({ value: null, reason: "none" });
    expect(ratio(Number.NaN, 1, "none")).toEqual({ value: null, reason: "none" });
    expect(ratio(0, 2, "none")).toEqual({ value: 0 });
  });
});

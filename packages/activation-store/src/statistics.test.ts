import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createStatisticsAccumulator } from "./statistics.ts";

suite("createStatisticsAccumulator()", () => {
  test("gives mean and mean squared norm", () => {
    // Rows (3, 4) and (1, 0): mean (2, 2), squared norms 25 and 1, their mean 13.
    const statistics = createStatisticsAccumulator(2);
    statistics.add(Float32Array.of(3, 4));
    statistics.add(Float32Array.of(1, 0));
    expect(statistics.finish()).toEqual({ nRows: 2, mean: Float32Array.of(2, 2), meanSquaredNorm: 13 });
  });

  test("loses no digit to an offset that is common to all rows", () => {
    // Multiples of 1/16 near 500,000 are exact in float32; so are their sums as integers of sixteenths, and the reference.
    const nRows = 20_000;
    const offset = 500_000;
    const rows = Float32Array.from({ length: nRows }, (_, i) => offset + ((i * 7919) % 97) / 16);
    const sixteenths = rows.reduce((sum, value) => sum + BigInt(value * 16), 0n);
    const squares = rows.reduce((sum, value) => sum + BigInt(value * 16) ** 2n, 0n);
    const statistics = createStatisticsAccumulator(1);
    statistics.add(rows);
    const { mean, meanSquaredNorm } = statistics.finish();
    expect(mean[0]).toBe(Math.fround(Number(sixteenths) / 16 / nRows));
    // One float64 rounding for the division, one for the sum.
    expect(Math.abs(meanSquaredNorm / (Number(squares) / 256 / nRows) - 1)).toBeLessThan(3e-16);
  });

  test("keeps small values beside large ones that cancel", () => {
    // Plain float64 sums give (1e30 + 1) − 1e30 = 0.
    const statistics = createStatisticsAccumulator(1);
    statistics.add(Float32Array.of(1e30, 3, -1e30));
    expect(statistics.finish().mean[0]).toBe(1);
  });

  test("changes no bit with the way rows are cut into calls", () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    const cuts = fc.array(fc.nat(40), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 120, maxLength: 120 }), cuts, (values, places) => {
        const rows = Float32Array.from(values);
        const whole = createStatisticsAccumulator(3);
        whole.add(rows);
        const parts = createStatisticsAccumulator(3);
        const ends = [...places.sort((a, b) => a - b), 40];
        ends.forEach((end, i) => {
          parts.add(rows.subarray((ends[i - 1] ?? 0) * 3, end * 3));
        });
        expect(parts.finish()).toEqual(whole.finish());
      }),
    );
  });

  test("refuses parts of rows, a width of nothing, and a mean of nothing", () => {
    expect(() => createStatisticsAccumulator(2).add(new Float32Array(3))).toThrow(
      /whole rows of 2 values, got 3/,
    );
    expect(() => createStatisticsAccumulator(0)).toThrow(/width of at least 1, got 0/);
    expect(() => createStatisticsAccumulator(2).finish()).toThrow(
      expect.objectContaining({ code: "no-rows" }),
    );
  });
});

suite("finishPart()", () => {
  test("gives the statistics of rows since the last call, as if they had been added alone", () => {
    const value = fc.float({ noNaN: true, min: -1000, max: 1000 });
    const part = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const running = createStatisticsAccumulator(2);
        for (const rows of parts) {
          const alone = createStatisticsAccumulator(2);
          alone.add(Float32Array.from(rows.flat()));
          running.add(Float32Array.from(rows.flat()));
          const { mean, meanSquaredNorm, nRows } = running.finishPart();
          const expected = alone.finish();
          expect(nRows).toBe(expected.nRows);
          for (const column of [0, 1]) expect(mean[column]).toBeCloseTo(expected.mean[column] ?? 0, 9);
          expect(meanSquaredNorm).toBeCloseTo(expected.meanSquaredNorm, 9);
        }
      }),
    );
  });

  test("does not change those of all rows, and refuses a part without rows", () => {
    const statistics = createStatisticsAccumulator(1);
    statistics.add(Float32Array.of(1, 3));
    expect(statistics.finishPart()).toEqual({ nRows: 2, mean: Float32Array.of(2), meanSquaredNorm: 5 });
    expect(() => statistics.finishPart()).toThrow(expect.objectContaining({ code: "no-rows" }));
    statistics.add(Float32Array.of(5));
    expect(statistics.finish().mean).toEqual(Float32Array.of(3));
  });
});

import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { rowProducts } from "../values/row-products.ts";
import { unitRows } from "../values/unit-rows.ts";
import { assignMaximum } from "./assignment.ts";
import { matchRows } from "./match-rows.ts";

/** Largest sum by trying everything. */
function bestSum(scores: Float32Array, nRows: number, nColumns: number): number {
  const taken = new Set<number>();
  const from = (row: number, left: number): number => {
    if (left === 0) return 0;
    if (row === nRows) return Number.NEGATIVE_INFINITY;
    let best = nRows - row > left ? from(row + 1, left) : Number.NEGATIVE_INFINITY;
    for (let column = 0; column < nColumns; column++) {
      if (taken.has(column)) continue;
      taken.add(column);
      best = Math.max(best, (scores[row * nColumns + column] ?? 0) + from(row + 1, left - 1));
      taken.delete(column);
    }
    return best;
  };
  return from(0, Math.min(nRows, nColumns));
}

function sumOf(scores: Float32Array, columnOf: Int32Array, nColumns: number): number {
  let sum = 0;
  for (const [row, column] of columnOf.entries())
    if (column !== -1) sum += scores[row * nColumns + column] ?? 0;
  return sum;
}

const problem = (score: fc.Arbitrary<number>) =>
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([nRows, nColumns]) =>
    fc.record({
      nRows: fc.constant(nRows),
      nColumns: fc.constant(nColumns),
      scores: fc
        .array(score, { minLength: nRows * nColumns, maxLength: nRows * nColumns })
        .map((values) => Float32Array.from(values)),
    }),
  );

suite("assignMaximum()", () => {
  test.each([
    ["of any size", fc.double({ min: -1, max: 1, noNaN: true })],
    ["with many ties", fc.integer({ min: 0, max: 3 })],
    ["of very different sizes", fc.constantFrom(-1e30, -1, 0, 1e-30, 1, 1e30)],
  ])("finds the largest sum of scores %s", (_, score) => {
    fc.assert(
      fc.property(problem(score), ({ nRows, nColumns, scores }) => {
        const found = assignMaximum(scores, nRows, nColumns);
        const used = [...found].filter((column) => column !== -1);
        expect(used).toHaveLength(Math.min(nRows, nColumns));
        expect(new Set(used).size).toBe(used.length);
        const best = bestSum(scores, nRows, nColumns);
        const size = Math.max(...scores.map(Math.abs), 1e-30);
        expect(Math.abs(sumOf(scores, found, nColumns) - best) / size).toBeLessThan(1e-9);
      }),
      { numRuns: 400 },
    );
  });

  test("has nothing to assign where a side is empty", () => {
    expect([...assignMaximum(new Float32Array(0), 0, 0)]).toEqual([]);
    expect([...assignMaximum(new Float32Array(0), 2, 0)]).toEqual([-1, -1]);
    expect([...assignMaximum(new Float32Array(0), 0, 3)]).toEqual([]);
  });

  test("refuses scores that are missing or not finite", () => {
    expect(() => assignMaximum(new Float32Array(3), 2, 2)).toThrow("2 × 2 scores, got 3");
    expect(() => assignMaximum(Float32Array.of(1, 2, Number.NaN, 4), 2, 2)).toThrow("NaN in row 1, column 0");
  });
});

/** Half of the rows of `b` are rows of `a` with noise, the rest are their own. */
function dictionaries(seed: number, n: number, m: number, width: number): [Float32Array, Float32Array] {
  let state = seed;
  // A congruential generator is random enough here, and the same everywhere.
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const a = Float32Array.from({ length: n * width }, next);
  const b = Float32Array.from({ length: m * width }, (_, at) =>
    Math.floor(at / width) % 2 === 0 && at < a.length ? (a[at] ?? 0) + 0.5 * next() : next(),
  );
  return [unitRows(a, width), unitRows(b, width)];
}

suite("matchRows()", () => {
  test.each([
    [120, 120],
    [80, 130],
    [130, 80],
  ])("from candidates only misses what it says at most (%i and %i rows)", (n, m) => {
    const width = 16;
    for (let seed = 1; seed <= 4; seed++) {
      const [a, b] = dictionaries(seed, n, m, width);
      const exact = matchRows(a, b, width);
      const bounded = matchRows(a, b, width, {
        maxBytes: 0,
        bounded: { perRow: 6, perColumn: 2, leftOver: 7 },
      });
      const sum = (cosines: Float32Array): number =>
        cosines.reduce((total, cosine) => total + (Number.isNaN(cosine) ? 0 : cosine), 0);
      expect([exact.method, bounded.method]).toEqual(["exact", "bounded"]);
      expect(exact.sumAtMost).toBeCloseTo(sum(exact.cosines), 6);
      expect(sum(bounded.cosines)).toBeLessThanOrEqual(sum(exact.cosines) + 1e-4);
      expect(bounded.sumAtMost).toBeGreaterThanOrEqual(sum(exact.cosines) - 1e-4);
      // Few candidates, and still within a hundredth of cosine a pair.
      expect(bounded.sumAtMost - sum(bounded.cosines)).toBeLessThan(0.01 * Math.min(n, m));
      expect(bounded.rowMaxima).toEqual(exact.rowMaxima);
      expect(bounded.columnMaxima).toEqual(exact.columnMaxima);
      const used = [...bounded.columnOf].filter((column) => column !== -1);
      expect(new Set(used).size).toBe(Math.min(n, m));
    }
  });

  test("from candidates reaches the best assignment where rounds allow it", () => {
    const [a, b] = dictionaries(9, 200, 200, 32);
    const exact = matchRows(a, b, 32);
    const bounded = matchRows(a, b, 32, { maxBytes: 0, bounded: { rounds: 20, tolerance: 0 } });
    expect(bounded.sumAtMost).toBeCloseTo(exact.sumAtMost, 3);
  });
});

suite("rowProducts()", () => {
  test("multiplies all rows, whatever their number", () => {
    const size = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 7 }), (n, m, width) => {
        const a = Float32Array.from({ length: n * width }, (_, i) => Math.sin(i));
        const b = Float32Array.from({ length: m * width }, (_, i) => Math.cos(3 * i));
        const out = new Float32Array(n * m).fill(Number.NaN);
        rowProducts(a, b, width, out);
        for (const [at, got] of out.entries()) {
          const [i, j] = [Math.floor(at / m), at % m];
          let sum = 0;
          for (let k = 0; k < width; k++) sum += (a[i * width + k] ?? 0) * (b[j * width + k] ?? 0);
          expect(got).toBe(Math.fround(sum));
        }
      }),
    );
  });
});

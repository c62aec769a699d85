import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { planReads, shardOf, shardStartsOf } from "./plan-reads.ts";

const plan = (rows: readonly number[], starts: readonly number[], maxGap: number, maxCount: number) =>
  planReads(Uint32Array.from(rows), { starts, maxGap, maxCount });

suite("shardOf()", () => {
  test("finds the shard of first, last and inner rows", () => {
    const starts = shardStartsOf([{ nRows: 3 }, { nRows: 1 }, { nRows: 5 }]);
    expect(starts).toEqual([0, 3, 4, 9]);
    expect([0, 2, 3, 4, 8].map((row) => shardOf(row, starts))).toEqual([0, 0, 1, 2, 2]);
  });

  test("counts beyond 2^31 rows", () => {
    const starts = shardStartsOf([{ nRows: 2 ** 31 }, { nRows: 2 ** 31 - 5 }]);
    expect(shardOf(2 ** 31 - 1, starts)).toBe(0);
    expect(shardOf(2 ** 32 - 6, starts)).toBe(1);
  });
});

suite("planReads()", () => {
  test("joins rows that lie close together and no others", () => {
    // Sorted: 1 2 5 9. A gap of two unwanted rows (3, 4) is read along, one of three (6, 7, 8) is not.
    const { order, spans } = plan([9, 2, 5, 1], [0, 20], 2, 100);
    expect([...order]).toEqual([3, 1, 2, 0]);
    expect(spans).toEqual([
      { shard: 0, start: 1, count: 5, from: 0, to: 3 },
      { shard: 0, start: 9, count: 1, from: 3, to: 4 },
    ]);
  });

  test("never joins across shards, nor beyond the longest read", () => {
    expect(plan([3, 4], [0, 4, 8], 9, 9).spans).toEqual([
      { shard: 0, start: 3, count: 1, from: 0, to: 1 },
      { shard: 1, start: 0, count: 1, from: 1, to: 2 },
    ]);
    expect(plan([0, 1, 2, 3], [0, 8], 9, 3).spans.map((span) => span.count)).toEqual([3, 1]);
  });

  test("covers every wanted row once, repeats included, in ascending spans within their shards", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
    const request = sizes.chain((shardSizes) => {
      const nRows = shardSizes.reduce((sum, size) => sum + size, 0);
      return fc.record({
        starts: fc.constant(shardStartsOf(shardSizes.map((size) => ({ nRows: size })))),
        rows: fc.array(fc.nat(nRows - 1), { maxLength: 60 }),
        maxGap: fc.nat(10),
        maxCount: fc.integer({ min: 1, max: 20 }),
      });
    });
    fc.assert(
      fc.property(request, ({ starts, rows, maxGap, maxCount }) => {
        const { order, spans } = plan(rows, starts, maxGap, maxCount);
        expect([...order].sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
        let covered = 0;
        let previousEnd = 0;
        for (const { shard, start, count, from, to } of spans) {
          const first = (starts[shard] ?? 0) + start;
          expect(from).toBe(covered);
          expect(first).toBeGreaterThanOrEqual(previousEnd);
          expect(first + count).toBeLessThanOrEqual(starts[shard + 1] ?? 0);
          expect(count).toBeLessThanOrEqual(maxCount);
          for (let place = from; place < to; place++) {
            const row = rows[order[place] ?? 0] ?? -1;
            expect(row).toBeGreaterThanOrEqual(first);
            expect(row).toBeLessThan(first + count);
          }
          covered = to;
          previousEnd = first + count;
        }
        expect(covered).toBe(rows.length);
      }),
    );
  });
});

import { createRandom } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createRowOrder } from "./row-order.ts";

function take(
  order: { fill(start: number, out: Uint32Array): void },
  start: number,
  count: number,
): number[] {
  const out = new Uint32Array(count);
  order.fill(start, out);
  return [...out];
}

/** Pearson's statistic against equal counts; its mean is the degrees of freedom, its variance twice that. */
function chiSquare(counts: ArrayLike<number>, total: number, nCells: number): number {
  const expected = total / nCells;
  let sum = (nCells - counts.length) * expected ** 2;
  for (let i = 0; i < counts.length; i++) sum += ((counts[i] ?? 0) - expected) ** 2;
  return sum / expected;
}

suite("createRowOrder()", () => {
  test("visits every row once an epoch", () => {
    const order = createRowOrder(101, createRandom(4));
    for (const epoch of [0, 1, 2, 1000]) {
      const visited = take(order, epoch * 101, 101);
      expect(visited.sort((a, b) => a - b)).toEqual(Array.from({ length: 101 }, (_, i) => i));
    }
  });

  test("gives any piece of the stream without what comes before it", () => {
    const whole = take(createRowOrder(7, createRandom(1)), 0, 70);
    const piece = fc.tuple(fc.nat(50), fc.nat(20));
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), (pieces) => {
        const order = createRowOrder(7, createRandom(1));
        for (const [start, count] of pieces) {
          expect(take(order, start, count)).toEqual(whole.slice(start, start + count));
        }
      }),
    );
  });

  test("is told by its seed", () => {
    const of = (seed: number) => take(createRowOrder(1000, createRandom(seed)), 0, 1000).join();
    expect(of(1)).toBe(of(1));
    expect(of(1)).not.toBe(of(2));
  });

  test("reaches epochs far beyond 2^32 rows", () => {
    const start = 10 * 2 ** 40;
    const epoch = take(createRowOrder(10, createRandom(1)), start, 10);
    expect(epoch).not.toEqual(take(createRowOrder(10, createRandom(1)), 0, 10));
    expect(epoch.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("gives each of the 24 orders of 4 rows equally often over epochs", () => {
    const order = createRowOrder(4, createRandom(12));
    const nEpochs = 24_000;
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < nEpochs; epoch++) {
      const key = take(order, epoch * 4, 4).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // 23 degrees of freedom: mean 23, standard deviation √46 ≈ 6.8; five of them.
    expect(chiSquare([...counts.values()], nEpochs, 24)).toBeLessThan(57);
  });

  test("puts every row at every place equally often, for many seeds of one epoch", () => {
    const n = 12;
    const nSeeds = 12_000;
    const counts = new Uint32Array(n * n);
    for (let seed = 0; seed < nSeeds; seed++) {
      take(createRowOrder(n, createRandom(seed)), 0, n).forEach((row, place) => {
        counts[row * n + place] = (counts[row * n + place] ?? 0) + 1;
      });
    }
    // (12 − 1)² = 121 degrees of freedom over 12 times as many draws; standard deviation √242 ≈ 15.6; five of them.
    expect(chiSquare(counts, nSeeds * n, n * n)).toBeLessThan(121 + 5 * 15.6);
  });

  test("draws the order of an epoch independently of the one before", () => {
    const order = createRowOrder(6, createRandom(3));
    const nEpochs = 18_000;
    const counts = new Uint32Array(36);
    let before = take(order, 0, 6).indexOf(0);
    for (let epoch = 1; epoch <= nEpochs; epoch++) {
      const now = take(order, epoch * 6, 6).indexOf(0);
      counts[before * 6 + now] = (counts[before * 6 + now] ?? 0) + 1;
      before = now;
    }
    // 35 degrees of freedom, standard deviation √70 ≈ 8.4; five of them.
    expect(chiSquare(counts, nEpochs, 36)).toBeLessThan(77);
  });
});

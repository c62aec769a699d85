import { createRandom } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { sampleRows } from "./sample-rows.ts";

/** A store whose row i is [i, 2i]. */
function countingStore(nRows: number) {
  return {
    dIn: 2,
    nRows,
    statistics: { mean: Float32Array.of(4, 8) },
    readRows: async (indices: Uint32Array, out: Float32Array) => {
      indices.forEach((row, i) => {
        out.set([row, 2 * row], 2 * i);
      });
    },
  };
}

suite("sampleRows()", () => {
  test("takes all rows of a small store, scaled like the mean", async () => {
    const sample = await sampleRows(countingStore(3), { random: createRandom(0), inputScale: 0.5 });
    expect(sample).toEqual({
      nRows: 3,
      rows: Float32Array.of(0, 0, 0.5, 1, 1, 2),
      mean: Float32Array.of(2, 4),
    });
  });

  test("draws 4096 different rows of a large store, by the seed", async () => {
    const draw = async (seed: number): Promise<Set<number>> => {
      const { rows } = await sampleRows(countingStore(1e6), { random: createRandom(seed), inputScale: 1 });
      return new Set(rows.filter((_, i) => i % 2 === 0));
    };
    const first = await draw(1);
    expect(first.size).toBe(4096);
    expect(await draw(1)).toEqual(first);
    expect(await draw(2)).not.toEqual(first);
  });
});

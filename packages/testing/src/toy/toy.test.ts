import { expect, describe as suite, test } from "vitest";
import { meanMaxCosine } from "./mean-max-cosine.ts";
import { memoryBatches } from "./memory-batches.ts";
import { toySuperposition } from "./toy-superposition.ts";

suite("toySuperposition()", () => {
  const toy = toySuperposition({ dIn: 16, nLatents: 24, nRows: 4000, l0: 3, seed: 1 });

  test("is the sum of its latents times its directions", () => {
    for (const row of [0, 17, 3999]) {
      for (let j = 0; j < 16; j++) {
        let sum = 0;
        for (let i = 0; i < 24; i++)
          sum += (toy.latents[row * 24 + i] ?? 0) * (toy.directions[i * 16 + j] ?? 0);
        expect(toy.rows[row * 16 + j]).toBeCloseTo(sum, 5);
      }
    }
  });

  test("fires as many latents per token as asked, with amplitudes of 0.5 + Exp(0.5)", () => {
    const firing = toy.latents.filter((value) => value > 0);
    // Poisson-like count: standard error of the mean below √(3 / 4000) = 0.03.
    expect(Math.abs(firing.length / 4000 - 3)).toBeLessThan(0.15);
    const mean = firing.reduce((a, b) => a + b, 0) / firing.length;
    // Mean 1, standard deviation 0.5, some 12,000 draws: standard error 0.005.
    expect(Math.abs(mean - 1)).toBeLessThan(0.025);
    expect(Math.min(...firing)).toBeGreaterThanOrEqual(0.5);
  });

  test("gives the same bytes for the same seed and others for another", () => {
    const again = toySuperposition({ dIn: 16, nLatents: 24, nRows: 4000, l0: 3, seed: 1 });
    const other = toySuperposition({ dIn: 16, nLatents: 24, nRows: 4000, l0: 3, seed: 2 });
    expect(again.rows).toEqual(toy.rows);
    expect(other.rows).not.toEqual(toy.rows);
  });
});

suite("meanMaxCosine()", () => {
  test("is 1 for the same directions at any scale and order, and follows the best match otherwise", () => {
    // Wanted (1, 0) and (0, 1); found (0, 5) and (1, 1): best cosines 1/√2 and 1, mean 0.853553.
    expect(meanMaxCosine(Float32Array.of(1, 0, 0, 1), Float32Array.of(0, 2, 3, 0), 2)).toBeCloseTo(1, 12);
    expect(meanMaxCosine(Float32Array.of(1, 0, 0, 1), Float32Array.of(0, 5, 1, 1), 2)).toBeCloseTo(
      0.853553,
      6,
    );
  });

  test("counts a found row of zeros as cosine 0", () => {
    expect(meanMaxCosine(Float32Array.of(1, 0), Float32Array.of(0, 0), 2)).toBe(0);
  });
});

suite("memoryBatches()", () => {
  test("states mean and mean squared norm", () => {
    // Rows (1, 2), (3, 4): mean (2, 3); squared norms 5 and 25, mean 15.
    const { statistics } = memoryBatches({ rows: Float32Array.of(1, 2, 3, 4), dIn: 2, seed: 0 });
    expect([...statistics.mean]).toEqual([2, 3]);
    expect(statistics.meanSquaredNorm).toBe(15);
  });
});

import { createRandom, fillNormal } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { leakage, nearestCosines } from "./neighbours.ts";

suite("nearestCosines()", () => {
  test("finds for every row the one nearest to it, itself apart", () => {
    const [n, width] = [37, 5];
    const rows = fillNormal(new Float32Array(n * width), createRandom(1));
    const cosine = (i: number, j: number): number => {
      let [ii, jj, ij] = [0, 0, 0];
      for (let k = 0; k < width; k++) {
        const [a, b] = [rows[i * width + k] ?? 0, rows[j * width + k] ?? 0];
        ii += a * a;
        jj += b * b;
        ij += a * b;
      }
      return ij / Math.sqrt(ii * jj);
    };
    for (const [i, found] of nearestCosines(rows, width).entries()) {
      const others = Array.from({ length: n }, (_, j) => (j === i ? -1 : cosine(i, j)));
      expect(found).toBeCloseTo(Math.max(...others), 6);
    }
  });

  test("counts a row of zeros as 0, and has none for a lone row", () => {
    expect([...nearestCosines(Float32Array.of(1, 0, 0, 0, -1, 0), 2)]).toEqual([0, 0, 0]);
    expect([...nearestCosines(Float32Array.of(1, 2), 2)]).toEqual([Number.NEGATIVE_INFINITY]);
  });
});

suite("leakage()", () => {
  const form = {
    dIn: 2,
    dSae: 2,
    encoder: Float32Array.of(1, -0.25, 0.5, 1),
    decoder: Float32Array.of(1, 0, 0, 1),
  };

  test("takes the largest answer to another latent's direction, of either sign", () => {
    expect([...leakage(form)]).toEqual([0.25, 0.5]);
  });

  test("does not change when norms move between the rows", () => {
    const moved = {
      ...form,
      encoder: Float32Array.of(2, -0.5, 0.125, 0.25),
      decoder: Float32Array.of(0.5, 0, 0, 4),
    };
    expect([...leakage(moved)]).toEqual([...leakage(form)]);
  });
});

import { createRandom } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { randomCorrelation } from "./correlation.ts";
import { trueDirections } from "./directions.ts";
import { firingProbabilities } from "./firing-probabilities.ts";
import { createHierarchy, drawProbabilities, parentOf } from "./hierarchy.ts";

suite("firingProbabilities()", () => {
  test("stretches a power law between its ends", () => {
    // w = 1, 1/2, 1/3, 1/4; (w − 1/4) / (3/4) = 1, 1/3, 1/9, 0; times .3 plus .1.
    const p = firingProbabilities(4, { exponent: 1, largest: 0.4, smallest: 0.1 });
    [0.4, 0.2, 0.1 + 0.3 / 9, 0.1].forEach((wanted, i) => {
      expect(p[i]).toBeCloseTo(wanted, 14);
    });
    expect([...firingProbabilities(1, { exponent: 1, largest: 0.4, smallest: 0.1 })]).toEqual([0.4]);
  });
});

suite("createHierarchy()", () => {
  test("numbers trees level by level", () => {
    // 2 roots, 2 children each, 2 levels: 0 1 | 2 3, 4 5 | 6 7, 8 9, 10 11, 12 13; 14 stands alone.
    const trees = createHierarchy(15, { nRoots: 2, branching: 2, depth: 2 });
    expect(trees).toEqual({ nRoots: 2, branching: 2, nParents: 6, nMembers: 14 });
    const parents = Array.from({ length: 15 }, (_, i) => parentOf(i, trees));
    expect(parents).toEqual([-1, -1, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, -1]);
  });

  test("stops where latents run out", () => {
    expect(createHierarchy(5, { nRoots: 2, branching: 2, depth: 3 })).toEqual({
      nRoots: 2,
      branching: 2,
      nParents: 2,
      nMembers: 5,
    });
    expect(createHierarchy(2, { nRoots: 2, branching: 2, depth: 3 }).nParents).toBe(0);
  });
});

suite("drawProbabilities()", () => {
  test("makes up for the parent, and for siblings that exclude each other", () => {
    // Parent .4, children .1 and .2: r = .25 and .5. Exclusive: .25 · (1 + .5) = .375 and .5 · (1 + .25) = .625.
    const hierarchy = createHierarchy(3, { nRoots: 1, branching: 2, depth: 1 });
    const wanted = Float64Array.of(0.4, 0.1, 0.2);
    const drawn = (mutuallyExclusive: boolean) => drawProbabilities(wanted, { hierarchy, mutuallyExclusive });
    [0.4, 0.25, 0.5].forEach((p, i) => {
      expect(drawn(false)[i]).toBeCloseTo(p, 14);
    });
    [0.4, 0.375, 0.625].forEach((p, i) => {
      expect(drawn(true)[i]).toBeCloseTo(p, 14);
    });
  });
});

suite("trueDirections()", () => {
  const directions = (nLatents: number, nSteps: number): Float32Array =>
    trueDirections({ nLatents, dIn: 12, nSteps, random: createRandom(5) });
  const dot = (rows: Float32Array, i: number, j: number): number => {
    let sum = 0;
    for (let d = 0; d < 12; d++) sum += (rows[i * 12 + d] ?? 0) * (rows[j * 12 + d] ?? 0);
    return sum;
  };
  const overlap = (rows: Float32Array): number => {
    let total = 0;
    for (let i = 0; i < rows.length / 12; i++) for (let j = 0; j < i; j++) total += dot(rows, i, j) ** 2;
    return total;
  };

  test("are unit directions, which steps push apart until few are orthogonal", () => {
    expect(overlap(directions(8, 0))).toBeGreaterThan(1);
    // The last digits of float32 rows: 28 pairs of about (1e-7)².
    expect(overlap(directions(8, 200))).toBeLessThan(1e-10);
    for (const rows of [directions(8, 200), directions(30, 3)]) {
      for (let i = 0; i < rows.length / 12; i++) expect(dot(rows, i, i)).toBeCloseTo(1, 6);
    }
  });

  test("of more latents than dimensions come near the Welch bound and not below", () => {
    // Σ_{i≠j} ⟨d_i, d_j⟩² ≥ n²/dIn − n = 75 − 30 = 45 for n = 30, dIn = 12; half of it over i > j.
    expect(overlap(directions(30, 100))).toBeGreaterThan(22.5 - 1e-4);
    expect(overlap(directions(30, 100))).toBeLessThan(22.6);
    expect(overlap(directions(30, 0))).toBeGreaterThan(25);
  });
});

suite("randomCorrelation()", () => {
  test("keeps the variance of every latent at 1", () => {
    for (const scale of [0.1, 3]) {
      const { loadings, own } = randomCorrelation(20, { rank: 4, scale, random: createRandom(1) });
      own.forEach((ownPart, i) => {
        let square = ownPart * ownPart;
        for (let r = 0; r < 4; r++) square += (loadings[i * 4 + r] ?? 0) ** 2;
        expect(square).toBeCloseTo(1, 6);
        expect(ownPart).toBeGreaterThan(0.09); // √.01, rounded
      });
    }
  });
});

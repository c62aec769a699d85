import { denseFromSparse, type SparseLatents } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { largestDeviation } from "./deviation.test-support.ts";
import { synthSaeBench16k } from "./presets.ts";
import { syntheticActivations } from "./synthetic-activations.ts";
import type { SyntheticOptions } from "./synthetic-options.ts";

const firing = { exponent: 0.5, largest: 0.4, smallest: 0.02 };
const plain: SyntheticOptions = { nLatents: 30, dIn: 8, seed: 3, firing };

/** Fraction of rows on which each latent fires. */
function rates(latents: SparseLatents): number[] {
  const counts = new Array<number>(latents.dSae).fill(0);
  for (const latent of latents.indices) counts[latent] = (counts[latent] ?? 0) + 1;
  return counts.map((count) => count / latents.nRows);
}

suite("syntheticActivations()", () => {
  test("is its bias plus its latents times its directions", () => {
    const synthetic = syntheticActivations({ ...plain, biasNorm: 2 });
    const { rows, latents } = synthetic.batch({ step: 0, batchSize: 50 });
    expect(Math.hypot(...synthetic.bias)).toBeCloseTo(2, 6);
    const dense = denseFromSparse(latents);
    rows.forEach((value, at) => {
      const row = Math.floor(at / 8);
      let sum = synthetic.bias[at % 8] ?? 0;
      for (let i = 0; i < 30; i++) {
        sum += (dense[row * 30 + i] ?? 0) * (synthetic.directions[i * 8 + (at % 8)] ?? 0);
      }
      expect(value).toBeCloseTo(sum, 5);
    });
  });

  test.each([
    { name: "alone", extra: {} },
    { name: "correlated", extra: { correlation: { rank: 5, scale: 0.3 } } },
    { name: "in trees", extra: { hierarchy: { nRoots: 3, branching: 2, depth: 2, compensate: true } } },
  ])("latents $name fire as often as asked", ({ extra }) => {
    const nRows = 20_000;
    const synthetic = syntheticActivations({ ...plain, ...extra });
    const { latents } = synthetic.batch({ step: 0, batchSize: nRows });
    // 30 latents: the largest of 30 normal numbers exceeds 4 once in 500 seeds; this seed is fixed.
    expect(largestDeviation(rates(latents), synthetic.probabilities, nRows)).toBeLessThan(4);
    const l0 = synthetic.probabilities.reduce((a, b) => a + b, 0);
    expect(Math.abs(latents.values.length / nRows - l0)).toBeLessThan(0.1);
  });

  test("fires no child without its parent, and one child at most where they exclude each other", () => {
    const hierarchy = { nRoots: 3, branching: 3, depth: 2, mutuallyExclusive: true, compensate: true };
    const { parents, batch } = syntheticActivations({
      ...plain,
      hierarchy,
      correlation: { rank: 2, scale: 0.3 },
      amplitudeDeviation: { mean: 0.5, deviation: 0.5 },
    });
    const { latents } = batch({ step: 0, batchSize: 3000 });
    let nChildren = 0;
    for (let row = 0; row < 3000; row++) {
      const fired = latents.indices.subarray(latents.rowStarts[row], latents.rowStarts[row + 1]);
      expect([...fired]).toEqual([...new Set(fired)].sort((a, b) => a - b));
      const seen = new Set<number>();
      for (const latent of fired) {
        const parent = parents[latent] ?? -1;
        if (parent === -1) continue;
        nChildren++;
        expect(fired.includes(parent)).toBe(true);
        expect(seen.has(parent)).toBe(false);
        seen.add(parent);
      }
    }
    expect(nChildren).toBeGreaterThan(1000);
    expect(latents.values.every((value) => value > 0)).toBe(true);
  });

  test("takes amplitudes from the first mean to the last, with a deviation", () => {
    const { batch } = syntheticActivations({
      ...plain,
      meanAmplitude: { first: 6, last: 4 },
      amplitudeDeviation: { mean: 0.5, deviation: 0 },
    });
    const { latents } = batch({ step: 0, batchSize: 20_000 });
    const of = (latent: number): number[] =>
      [...latents.values].filter((_, j) => latents.indices[j] === latent);
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    // Some 8000 and 400 values with deviation .5: standard errors .006 and .025.
    expect(Math.abs(mean(of(0)) - 6)).toBeLessThan(0.025);
    expect(Math.abs(mean(of(29)) - 4)).toBeLessThan(0.1);
    const deviation = Math.sqrt(mean(of(0).map((value) => (value - 6) ** 2)));
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.02);
  });

  test("adds noise of the deviation asked", () => {
    const noisy = syntheticActivations({ ...plain, noise: 0.3 }).batch({ step: 0, batchSize: 2000 });
    const { directions } = syntheticActivations(plain);
    const dense = denseFromSparse(noisy.latents);
    let squares = 0;
    for (let at = 0; at < noisy.rows.length; at++) {
      let rest = noisy.rows[at] ?? 0;
      for (let i = 0; i < 30; i++)
        rest -= (dense[Math.floor(at / 8) * 30 + i] ?? 0) * (directions[i * 8 + (at % 8)] ?? 0);
      squares += rest * rest;
    }
    // 16,000 squares: relative standard error √(2 / 16000) = .011.
    expect(Math.abs(squares / noisy.rows.length / 0.09 - 1)).toBeLessThan(0.045);
  });

  test("gives the same bytes for the same seed, wherever reading starts", async () => {
    const options = { ...plain, correlation: { rank: 3, scale: 0.1 }, noise: 0.1 };
    const synthetic = syntheticActivations(options);
    const read: unknown[] = [];
    for await (const batch of synthetic.batches({ batchSize: 10 })) {
      read.push(batch);
      if (read.length === 4) break;
    }
    const again = syntheticActivations(options);
    expect(again.batch({ step: 3, batchSize: 10 })).toEqual(read[3]);
    const { value } = await again.batches({ batchSize: 10, startStep: 2 }).next();
    expect(value).toEqual(read[2]);
    expect(read[0]).not.toEqual(read[1]);
    const other = syntheticActivations({ ...options, seed: 4 });
    expect(other.batch({ step: 0, batchSize: 10 })).not.toEqual(read[0]);
  });

  test.each<[string, Partial<SyntheticOptions>]>([
    ["nLatents", { nLatents: 0 }],
    ["firing.smallest", { firing: { ...firing, largest: 1 } }],
    ["firing.exponent", { firing: { ...firing, exponent: 0 } }],
    ["at most 30 roots", { hierarchy: { nRoots: 31, branching: 2, depth: 1 } }],
    ["hierarchy.depth", { hierarchy: { nRoots: 3, branching: 2, depth: 0 } }],
    ["correlation.rank", { correlation: { rank: 0, scale: 0.1 } }],
    ["noise", { noise: -1 }],
    ["mean amplitudes", { meanAmplitude: { first: 0, last: 1 } }],
  ])("refuses bad %s", (named, change) => {
    expect(() => syntheticActivations({ ...plain, ...change })).toThrow(named);
  });
});

suite("synthSaeBench16k", () => {
  test("has some 34 latents on a token, as the benchmark states", () => {
    // Firing does not depend on the width of the activations.
    const { batch, parents } = syntheticActivations({ ...synthSaeBench16k, dIn: 2, seed: 0 });
    // Sum over 300 tokens with a deviation of about 9 a token: standard error .5.
    const l0 = batch({ step: 0, batchSize: 300 }).latents.values.length / 300;
    expect(Math.abs(l0 - 34)).toBeLessThan(2.5);
    // 128 trees of 1 + 4 + 16 + 64 latents; all but the roots have a parent.
    expect(parents.filter((parent) => parent >= 0).length).toBe(128 * 84);
  });
});

import { createRandom, type SparseLatents, sparseFromDense } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { checkTokens } from "./allocate-counts.ts";
import { createCooccurrence } from "./cooccurrence.ts";

const dense = (values: readonly number[], dSae: number): SparseLatents =>
  sparseFromDense(Float32Array.from(values), { nRows: values.length / dSae, dSae });

const dSae = 5;
const tokens = fc.array(fc.array(fc.constantFrom(0, 0, 0.5, 1, 2), { minLength: dSae, maxLength: dSae }), {
  minLength: 1,
  maxLength: 40,
});

/** φ by its other formula, Pearson's correlation of indicators in float64. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (f: readonly number[], g: readonly number[], m: [number, number]) =>
    mean(f.map((value, t) => (value - m[0]) * ((g[t] ?? 0) - m[1])));
  const spread = product(a, a, [meanA, meanA]) * product(b, b, [meanB, meanB]);
  return spread < 1e-12 ? 0 : product(a, b, [meanA, meanB]) / Math.sqrt(spread);
}

suite("createCooccurrence()", () => {
  test("counts pairs and computes φ of a worked example", () => {
    // 10 tokens: latent 0 on 4, latent 1 on 5, both on 3; latent 2 on none.
    const rows = [
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 0],
      [0, 1],
      [0, 1],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    const cooccurrence = createCooccurrence({ dSae: 3 });
    cooccurrence.add(
      dense(
        rows.flatMap((row) => [...row, 0]),
        3,
      ),
    );
    expect([...cooccurrence.firings()]).toEqual([4, 5, 0]);
    expect(cooccurrence.jointCount(0, 1)).toBe(3);
    expect(cooccurrence.jointCount(1, 0)).toBe(3);
    expect(cooccurrence.jointCount(1, 1)).toBe(5);
    expect(cooccurrence.phi(1, 0)).toBeCloseTo(0.4082483, 7);
    expect(cooccurrence.phi(0, 0)).toBe(1);
    expect(cooccurrence.phi(0, 2)).toBe(0);
    // One pair of three has φ = 10 / √600, the others 0 for a silent latent.
    const phi = 10 / Math.sqrt(600);
    const result = cooccurrence.result({ top: 1 });
    expect(result).toMatchObject({
      nTokens: 10,
      nAlive: 2,
      nPairs: 3,
      topByPhi: [{ i: 0, j: 1, phi, nBoth: 3 }],
    });
    expect(result.meanAbsPhi.value).toBeCloseTo(phi / 3, 15);
    expect(result.alive).toMatchObject({
      nPairs: 1,
      meanAbsPhi: { value: phi },
      shareNegative: { value: 0 },
    });
    // .408 · 64 = 26.1
    expect(result.alive.histogram.counts[64 + 26]).toBe(1);
  });

  test("agrees with a plain correlation of indicators on all pairs", () => {
    fc.assert(
      fc.property(tokens, (rows) => {
        const cooccurrence = createCooccurrence({ dSae });
        cooccurrence.add(dense(rows.flat(), dSae));
        const fires = (latent: number) => rows.map((row) => (row[latent] === 0 ? 0 : 1));
        const phis: number[] = [];
        for (let i = 0; i < dSae; i++) {
          for (let j = i + 1; j < dSae; j++) {
            const both = rows.filter((row) => row[i] !== 0 && row[j] !== 0).length;
            expect(cooccurrence.jointCount(i, j)).toBe(both);
            const phi = correlation(fires(i), fires(j));
            expect(cooccurrence.phi(i, j)).toBeCloseTo(phi, 12);
            phis.push(phi);
          }
        }
        const { meanAbsPhi, topByPhi, topByAbsPhi, alive, nPairs } = cooccurrence.result();
        if (meanAbsPhi.value === null) return;
        expect(meanAbsPhi.value).toBeCloseTo(phis.reduce((sum, phi) => sum + Math.abs(phi), 0) / nPairs, 12);
        // Top pairs are those of alive latents; silent ones have φ = 0.
        const named = topByPhi.map(({ phi }) => phi);
        expect(named).toEqual([...named].sort((a, b) => b - a));
        expect(named.at(0)).toBeCloseTo(
          Math.max(...topByPhi.map(({ i, j }) => correlation(fires(i), fires(j)))),
          12,
        );
        expect(topByPhi).toHaveLength(alive.nPairs);
        expect(Math.abs(topByAbsPhi[0]?.phi ?? 0)).toBeCloseTo(Math.max(...phis.map(Math.abs)), 12);
        // The median to 1 part in 4096.
        const sizes = topByAbsPhi.map(({ phi }) => Math.abs(phi)).sort((a, b) => a - b);
        const middle = (sizes.length - 1) / 2;
        const median = ((sizes[Math.floor(middle)] ?? 0) + (sizes[Math.ceil(middle)] ?? 0)) / 2;
        const found = alive.absQuantiles.find(({ q }) => q === 0.5)?.value ?? -1;
        expect(Math.abs(found - median)).toBeLessThanOrEqual(median / 4096);
        expect(alive.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(alive.nPairs);
        const nNegative = topByPhi.filter(({ phi }) => phi < 0).length;
        expect(alive.shareNegative).toEqual({ value: nNegative / alive.nPairs });
      }),
    );
  });

  test("depends on neither batches nor the order of tokens", () => {
    fc.assert(
      fc.property(tokens, fc.nat(40), fc.nat(), (rows, cut, seed) => {
        const whole = createCooccurrence({ dSae });
        whole.add(dense(rows.flat(), dSae));
        const random = createRandom(seed);
        const shuffled = rows
          .map((row) => ({ row, key: random.uniform() }))
          .sort((a, b) => a.key - b.key)
          .map(({ row }) => row);
        const split = createCooccurrence({ dSae });
        split.add(dense(shuffled.slice(0, cut).flat(), dSae));
        split.phi(0, 1); // looking in between changes nothing
        split.add(dense(shuffled.slice(cut).flat(), dSae));
        expect(split.result()).toEqual(whole.result());
      }),
      { numRuns: 30 },
    );
  });

  test("lets a latent fire above its threshold only", () => {
    const thresholds = Float32Array.of(1, 0, Number.POSITIVE_INFINITY);
    const cooccurrence = createCooccurrence({ dSae: 3, thresholds });
    cooccurrence.add(dense([1, 1, 9, 2, -1, 9, 1.5, 0.1, 9], 3));
    expect([...cooccurrence.firings()]).toEqual([2, 2, 0]);
    expect(cooccurrence.jointCount(0, 1)).toBe(1);
    expect(() => createCooccurrence({ dSae: 2, thresholds })).toThrow("2 thresholds");
    expect(() => createCooccurrence({ dSae: 1, thresholds: Float32Array.of(-1) })).toThrow(
      "from 0 on, got -1",
    );
    expect(() => createCooccurrence({ dSae: 1, thresholds: Float32Array.of(Number.NaN) })).toThrow("got NaN");
  });

  test("counts beyond 2^24 exactly", () => {
    // float16 stops counting at 2048 and float32 at 2^24.
    const nRows = 2 ** 20;
    const together: SparseLatents = {
      nRows,
      dSae: 2,
      rowStarts: Uint32Array.from({ length: nRows + 1 }, (_, row) => 2 * row),
      indices: Uint32Array.from({ length: 2 * nRows }, (_, j) => j % 2),
      values: new Float32Array(2 * nRows).fill(1),
    };
    const cooccurrence = createCooccurrence({ dSae: 2 });
    for (let batch = 0; batch < 16; batch++) cooccurrence.add(together);
    cooccurrence.add(dense([1, 1, 1, 1, 1, 1, 1, 0, 0, 1], 2));
    expect(cooccurrence.jointCount(0, 1)).toBe(2 ** 24 + 3);
    // n = 2^24 + 5, Ni = Nj = 2^24 + 4: n N11 − Ni² = (m + 2)(m) − (m + 1)² = −1 for m = N11; √(Ni · 1)² = Ni.
    expect(cooccurrence.phi(0, 1)).toBe(-1 / (2 ** 24 + 4));
  });

  test("counts more firings than it holds back, and tokens on which all latents fire", () => {
    const n = 200;
    const cooccurrence = createCooccurrence({ dSae: n });
    for (let batch = 0; batch < 5; batch++) cooccurrence.add(dense(new Array(50 * n).fill(1), n));
    for (const [i, j] of [
      [0, 1],
      [0, n - 1],
      [n - 2, n - 1],
    ] as const)
      expect(cooccurrence.jointCount(i, j)).toBe(250);
  });

  test("has no φ to report where nothing varies", () => {
    const none = createCooccurrence({ dSae: 2 });
    expect(none.phi(0, 1)).toBe(0);
    expect(none.result().meanAbsPhi).toEqual({ value: null, reason: "no tokens" });
    expect(none.result().alive.quantiles[0]).toMatchObject({ value: null, reason: "no tokens" });
    const constant = createCooccurrence({ dSae: 2 });
    constant.add(dense([1, 1], 2));
    const reason = "fewer than two latents fired on some tokens and not on others";
    expect(constant.result().meanAbsPhi).toEqual({ value: null, reason });
    constant.add(dense([1, 1, 1, 0], 2));
    expect(constant.result().alive.meanAbsPhi).toEqual({ value: null, reason });
    const lone = createCooccurrence({ dSae: 1 });
    lone.add(dense([1, 0], 1));
    expect(lone.result().meanAbsPhi).toEqual({ value: null, reason: "a pair needs two latents" });
    expect(JSON.stringify([none.result(), constant.result(), lone.result()])).not.toContain("NaN");
  });

  test("refuses broken latents and counts nothing of them", () => {
    const cooccurrence = createCooccurrence({ dSae: 2 });
    const good = dense([1, 2], 2);
    expect(() => cooccurrence.add({ ...good, dSae: 3 })).toThrow("dSae 2, got 3");
    expect(() => cooccurrence.add({ ...good, nRows: 2 })).toThrow("3 row starts");
    expect(() => cooccurrence.add({ ...good, indices: Uint32Array.of(0, 2) })).toThrow("below 2, got 2");
    expect(() => cooccurrence.add({ ...good, indices: Uint32Array.of(1, 0) })).toThrow(
      "got 0 after 1 in row 0",
    );
    expect(() => cooccurrence.add({ ...good, indices: Uint32Array.of(1, 1) })).toThrow("ascend within a row");
    expect(cooccurrence.nTokens).toBe(0);
    expect([...cooccurrence.firings()]).toEqual([0, 0]);
    expect(() => cooccurrence.phi(0, 2)).toThrow("0 … 1, got 2");
    expect(() => cooccurrence.result({ top: -1 })).toThrow("top");
  });

  test("refuses what memory or 32 bits do not hold", () => {
    // 2,449,965,000 pairs of 4 bytes.
    expect(() => createCooccurrence({ dSae: 70_000 })).toThrow(/4295 MB, got 98\d\d MB for 2449965000 pairs/);
    expect(() => createCooccurrence({ dSae: 100, maxBytes: 1000 })).toThrow("raise maxBytes");
    expect(() => createCooccurrence({ dSae: 100, maxBytes: Number.NaN })).toThrow("maxBytes");
    expect(() => createCooccurrence({ dSae: 0 })).toThrow("dSae");
    expect(() => checkTokens(2 ** 32)).toThrow("at most 4294967295 tokens");
    expect(checkTokens(2 ** 32 - 1)).toBeUndefined();
  });
});

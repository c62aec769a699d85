import { createRandom, fillNormal, type SparseLatents, sparseFromDense } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createRecoveryMetrics, type RecoveryOptions } from "./recovery.ts";

const dense = (values: readonly number[], dSae: number): SparseLatents =>
  sparseFromDense(Float32Array.from(values), { nRows: values.length / dSae, dSae });

/** All one-to-one assignments tried in turn. */
function bruteForce(scores: Float32Array, nRows: number, nColumns: number): Int32Array {
  let best = -1;
  let found: number[] = [];
  const extend = (row: number, columns: number[], sum: number): void => {
    if (row === nRows) {
      if (sum > best) [best, found] = [sum, columns];
      return;
    }
    for (let column = 0; column < nColumns; column++) {
      if (!columns.includes(column)) {
        extend(row + 1, [...columns, column], sum + (scores[row * nColumns + column] ?? 0));
      }
    }
    if (nRows > nColumns) extend(row + 1, [...columns, -1], sum);
  };
  extend(0, [], 0);
  return Int32Array.from(found);
}

const measure = (trueDirections: number[], decoder: number[], options: Partial<RecoveryOptions> = {}) =>
  createRecoveryMetrics({
    trueDirections: Float32Array.from(trueDirections),
    decoder: Float32Array.from(decoder),
    dIn: 2,
    ...options,
  });

const random = (n: number, dIn: number, seed: number): Float32Array =>
  fillNormal(new Float32Array(n * dIn), createRandom(seed));

suite("createRecoveryMetrics(), directions", () => {
  test("gives 1 for the truth itself, in any order and of any norm", () => {
    const truth = random(6, 4, 1);
    const order = [3, 0, 5, 1, 2, 4];
    const decoder = Float32Array.from(order.flatMap((i) => [...truth.subarray(i * 4, i * 4 + 4)]));
    const metrics = createRecoveryMetrics({
      trueDirections: truth,
      decoder: decoder.map((value) => 7 * value),
      dIn: 4,
    });
    const result = metrics.result();
    for (const name of [
      "trueMaxCosine",
      "foundMaxCosine",
      "meanCorrelationCoefficient",
      "uniqueness",
    ] as const) {
      expect(result[name].value).toBeCloseTo(1, 6);
    }
    expect([...metrics.bestTrueLatents()]).toEqual(order);
    expect([...metrics.assignedTrueLatents()]).toEqual(order);
  });

  test("tells a flipped direction from a found one only where cosines are signed", () => {
    // Truth (1, 0), (0, 1); found (−1, 0), (0, 1). Signed: true 0 has cosines −1 and 0, best 0; true 1 has 0 and 1.
    const signed = measure([1, 0, 0, 1], [-1, 0, 0, 1]).result();
    expect([signed.trueMaxCosine, signed.foundMaxCosine]).toEqual([{ value: 0.5 }, { value: 0.5 }]);
    expect(signed.meanCorrelationCoefficient).toEqual({ value: 1 });
    expect(signed.uniqueness).toEqual({ value: 1 });
    const absolute = measure([1, 0, 0, 1], [-1, 0, 0, 1], { maxCosine: "absolute" }).result();
    expect([absolute.trueMaxCosine, absolute.foundMaxCosine]).toEqual([{ value: 1 }, { value: 1 }]);
    expect([signed.maxCosine, absolute.maxCosine]).toEqual(["signed", "absolute"]);
  });

  test("sees duplicates and a missing direction", () => {
    // Truth (1, 0), (0, 1); found (1, 0) twice. Found to true 1; true to found (1 + 0) / 2; one-to-one (1 + 0) / 2.
    const result = measure([1, 0, 0, 1], [1, 0, 1, 0]).result();
    expect(result.foundMaxCosine).toEqual({ value: 1 });
    expect(result.trueMaxCosine).toEqual({ value: 0.5 });
    expect(result.meanCorrelationCoefficient).toEqual({ value: 0.5 });
    expect(result.uniqueness).toEqual({ value: 0.5 });
  });

  test("matches min(F, G) pairs, whichever side is longer", () => {
    // One latent at (.6, .8): its cosines are .6 and .8; the other true direction has no partner.
    const few = measure([1, 0, 0, 1], [3, 4]);
    expect(few.result().meanCorrelationCoefficient.value).toBeCloseTo(0.8, 6);
    expect(few.result().trueMaxCosine.value).toBeCloseTo(0.7, 6);
    // Three latents for one direction: the best has .8, the others are left over.
    const many = measure([0, 1], [1, 0, 3, 4, 4, 3]);
    expect(many.result().meanCorrelationCoefficient.value).toBeCloseTo(0.8, 6);
    expect([...many.assignedTrueLatents()]).toEqual([-1, 0, -1]);
    expect(many.result().uniqueness.value).toBeCloseTo(1 / 3, 12);
  });

  test("gives no direction to rows of zeros or of rounding noise", () => {
    // Norm 1e-9 is divided by 1e-8: cosine .1.
    expect(measure([1, 0], [0, 0]).result().meanCorrelationCoefficient).toEqual({ value: 0 });
    expect(measure([1, 0], [1e-9, 0]).result().meanCorrelationCoefficient.value).toBeCloseTo(0.1, 6);
  });

  test("finds what trying all assignments finds", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(1000),
        (nTrue, nFound, seed) => {
          const options = {
            trueDirections: random(nTrue, 3, seed),
            decoder: random(nFound, 3, seed + 1),
            dIn: 3,
          };
          const exact = createRecoveryMetrics(options).result().meanCorrelationCoefficient.value;
          const tried = createRecoveryMetrics({ ...options, assign: bruteForce }).result();
          expect(exact).toBeCloseTo(tried.meanCorrelationCoefficient.value ?? Number.NaN, 6);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("finds in random directions what chance gives", () => {
    // The largest of n normal numbers of deviation 1/√dIn is near √(2 ln n / dIn) and, for n = 500, some 14 % below it.
    const [n, dIn] = [500, 128];
    const decoder = random(n, dIn, 1);
    const { value } = createRecoveryMetrics({
      trueDirections: random(n, dIn, 2),
      decoder,
      dIn,
    }).result().trueMaxCosine;
    const chance = Math.sqrt((2 * Math.log(n)) / dIn);
    expect((value ?? 0) / chance).toBeGreaterThan(0.8);
    expect((value ?? 0) / chance).toBeLessThan(1);
  });
});

suite("createRecoveryMetrics(), firing", () => {
  test("counts hits, misses and false alarms against the best match", () => {
    // Found rows match true 1, 0, 0. Tokens (found | true):
    //   1 0 0 | 0 1 : latent 0 hits
    //   1 1 0 | 1 0 : latent 0 false alarm, latent 1 hits, latent 2 misses
    //   0 0 0 | 1 1 : all miss
    //   0 1 0 | 0 0 : latent 1 false alarm
    // Latent 0: TP 1, FP 1, FN 1, TN 1: P ½, R ½, F1 ½, A ½. Latent 1 likewise: TP 1, FP 1, FN 1, TN 1.
    // Latent 2: never fires; TP 0, FN 2, TN 2: P 0, R 0, F1 0, A ½.
    const metrics = measure([1, 0, 0, 1], [0, 2, 1, 0, 3, 0]);
    metrics.add({
      latents: dense([1, 0, 0, 1, 1, 0], 3),
      trueLatents: dense([0, 1, 1, 0], 2),
    });
    metrics.add({
      latents: dense([0, 0, 0, 0, 1, 0], 3),
      trueLatents: dense([1, 1, 0, 0], 2),
    });
    const result = metrics.result();
    expect(result).toMatchObject({ nTokens: 4, nTrueLatents: 2, nLatents: 3 });
    expect(result.firingPrecision.value).toBeCloseTo(1 / 3, 14);
    expect(result.firingRecall.value).toBeCloseTo(1 / 3, 14);
    expect(result.firingF1.value).toBeCloseTo(1 / 3, 14);
    expect(result.firingAccuracy).toEqual({ value: 0.5 });
    expect([result.nSilentLatents, result.nSilentMatches]).toEqual([1, 0]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("takes F1 of each latent before the mean", () => {
    // Latent 0 fires always, its match on 1 of 4 tokens: P ¼, R 1, F1 .4. Latent 1 is its match: 1, 1, 1. Mean F1 .7,
    // while 2 PR / (P + R) of the means .625 and 1 would be .77.
    const metrics = measure([1, 0, 0, 1], [1, 0, 0, 1]);
    const trueLatents = dense([1, 0, 0, 1, 0, 0, 0, 1], 2);
    metrics.add({ latents: dense([1, 0, 1, 1, 1, 0, 1, 1], 2), trueLatents });
    expect(metrics.result().firingF1.value).toBeCloseTo(0.7, 14);
    expect(metrics.result().firingPrecision).toEqual({ value: 0.625 });
  });

  test("takes values above 0 as firing, and a match that never fires as recall 0", () => {
    const metrics = measure([1, 0], [1, 0]);
    metrics.add({ latents: dense([1, -1], 1), trueLatents: dense([0, -2], 1) });
    expect(metrics.result()).toMatchObject({
      firingPrecision: { value: 0 },
      firingRecall: { value: 0 },
      firingF1: { value: 0 },
      firingAccuracy: { value: 0.5 },
      nSilentMatches: 1,
      nSilentLatents: 0,
    });
  });

  test("has no firing metrics before the first token", () => {
    expect(measure([1, 0], [1, 0]).result().firingF1).toEqual({ value: null, reason: "no tokens" });
  });

  test("refuses what does not fit", () => {
    const metrics = measure([1, 0, 0, 1], [1, 0]);
    const two = dense([1, 0], 2);
    const one = dense([1], 1);
    expect(() => metrics.add({ latents: two, trueLatents: two })).toThrow("dSae 1, got 2");
    expect(() => metrics.add({ latents: one, trueLatents: one })).toThrow("dSae 2, got 1");
    expect(() => metrics.add({ latents: dense([1, 1], 1), trueLatents: two })).toThrow("2 and 1 rows");
    expect(metrics.result().nTokens).toBe(0);
    expect(() => measure([1, 0, 0], [1, 0])).toThrow("whole rows of 2");
    expect(() => measure([1, 0], [])).toThrow("at least one row of decoder");
    expect(() => measure([1, 0], [1, 0, Number.NaN, 0])).toThrow("row 1");
  });
});

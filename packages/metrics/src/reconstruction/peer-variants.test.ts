import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { type PeerReconstructionMetricName, peerReconstructionDefinitions } from "./peer-definitions.ts";
import { differing, goldenX, goldenXHat, measure, names } from "./peer-variants.test-support.ts";
import type { PeerReconstructionResult } from "./peer-variants.ts";
import { createReconstructionMetrics } from "./reconstruction.ts";

suite("createPeerReconstructionMetrics()", () => {
  test("gives every library's number on the golden vector", () => {
    const result = measure(3, [goldenX, goldenXHat]);
    // Σ‖r‖² = 1.5 and Σ‖x − mean‖² = 13 (derived in reconstruction.test.ts), Σ‖x‖² = 14 + 5 + 17 + 6 = 42.
    // B: mean of r = (.5, 0, .25): deviations 0 + (0 + 0 + .0625 + .0625) + (.0625 + 0 + .0625 + 0) = .25; 1 − .25/13.
    // C: mean‖x‖² = 10.5, m = 3.5, denominator 10.5 − 12.25 = −1.75, mean‖r‖² = .375: 1 + .375/1.75 = 17/14.
    // H: μ = 18/12 = 1.5, Σ(x − μ)² = 42 − 12 · 2.25 = 15: 1 − .125 / (1.25 + 1e-6).
    // Variances of the four tokens over dimensions: 1, 1, 13/3, 1/3. J: Σ‖r‖²/s² / 12 with s + 1e-5 for s.
    const scale = (variance: number): number => (Math.sqrt(variance) + 1e-5) ** 2;
    const j = 0.5 / scale(1) + 0.3125 / scale(1) + 0.3125 / scale(13 / 3) + 0.375 / scale(1 / 3);
    const published: Record<PeerReconstructionMetricName, number> = {
      explainedVarianceDictionaryLearning: 0.980769,
      explainedVarianceSaeLens618: 1.214286,
      explainedVarianceLegacy: 0.820588,
      explainedVarianceLegacyOpenMoss: 0.820588,
      explainedVarianceSaeLensTrainer: 0.884615,
      explainedVarianceOpenMoss: 0.884615,
      explainedVarianceUncentred: 0.964286,
      fvuSparsify: 0.115385,
      normalizedSquaredErrorOpenAi: 0.0447742,
      r2Overcomplete: 0.9000001,
      standardizedSquaredErrorBatchTopK: j / 12,
      squaredErrorSaeLens618: 0.09375,
      errorNormDictionaryLearning: 0.6093783,
      errorNormOpenMoss: 0.6093783,
      // Mean of √14, √5, √17, √6.
      errorNormRatioOpenMoss: 0.6093783 / ((Math.sqrt(14) + Math.sqrt(5) + Math.sqrt(17) + Math.sqrt(6)) / 4),
      cosineSaeLens: 0.9899737,
      cosineDictionaryLearning: 0.9899737,
      l2RatioSaeLens: 0.8463897,
      l2RatioDictionaryLearning: 0.8463897,
      relativeReconstructionBiasPerBatch: 0.8671329,
    };
    for (const name of names) {
      // Published to six places: half a unit there is below 1e-6.
      const difference = Math.abs((result[name].value ?? Number.NaN) - published[name]);
      expect(difference, name).toBeLessThan(1e-6);
    }
    expect([result.nTokens, result.nBatches]).toEqual([4, 1]);
    expect(result.explainedVarianceSaeLens618.value).toBeCloseTo(17 / 14, 14);
    expect(result.explainedVarianceDictionaryLearning.value).toBeCloseTo(1 - 0.25 / 13, 14);
    expect(result.r2Overcomplete.value).toBeCloseTo(1 - 0.125 / (1.25 + 1e-6), 14);
  });

  test("averages over tokens or over batches, as the library does", () => {
    // Batch 0: x = 1, 5, xHat = 1, 4: r = 0, 1. Batch 1: x = 2, 4, 4, 2, xHat = 1, 3, 3, 1: r = 1 each.
    const result = measure(
      1,
      [
        [1, 5],
        [1, 4],
      ],
      [
        [2, 4, 4, 2],
        [1, 3, 3, 1],
      ],
    );
    // Deviations: 4 + 4 = 8 and 1 · 4 = 4. Errors: 1 and 4. 1 − 1/8 = 7/8 and 1 − 4/4 = 0: mean over batches 7/16.
    expect(result.explainedVarianceOpenMoss).toEqual({ value: 7 / 16 });
    expect(result.fvuSparsify).toEqual({ value: 9 / 16 });
    // Per token 1 − r²/dev²: 1, 3/4 and 0, 0, 0, 0: over tokens 7/24, over batches (7/8 + 0) / 2.
    expect(result.explainedVarianceLegacy.value).toBeCloseTo(7 / 24, 15);
    expect(result.explainedVarianceLegacyOpenMoss).toEqual({ value: 7 / 16 });
    // dictionary_learning does not see the constant error of batch 1: 1 − .5/8 = 15/16 and 1.
    expect(result.explainedVarianceDictionaryLearning).toEqual({ value: 31 / 32 });
    // ‖r‖: .5 and 1 by batch, 5/6 over tokens.
    expect(result.errorNormDictionaryLearning).toEqual({ value: 0.75 });
    // r² / n of the batch: (0 + 1)/2 and 4 · 1/4, over six tokens: 1.5/6.
    expect(result.squaredErrorSaeLens618).toEqual({ value: 0.25 });
    // x̂/x: 1, .8 and .5, .75, .75, .5: sums 1.8 and 2.5: over tokens 4.3/6, over batches (.9 + .625)/2.
    expect(result.l2RatioSaeLens.value).toBeCloseTo(4.3 / 6, 7);
    expect(result.l2RatioDictionaryLearning.value).toBeCloseTo(0.7625, 7);
    // Σx̂²/Σx·x̂: 17/21 and 20/28.
    expect(result.relativeReconstructionBiasPerBatch.value).toBeCloseTo((17 / 21 + 20 / 28) / 2, 14);
    // ‖r‖/‖x‖ by batch: 1/6 and 4/12.
    expect(result.errorNormRatioOpenMoss.value).toBeCloseTo((1 / 6 + 1 / 3) / 2, 14);
    // C: mean r² by batch .5 and 1: .75. Mean x² by batch 13 and 10: 11.5 = m. 1 − .75 / (11.5 − 132.25).
    expect(result.explainedVarianceSaeLens618.value).toBeCloseTo(1 - 0.75 / (11.5 - 11.5 ** 2), 14);
    // r²/x²: 0, 1/25 and 1/4, 1/16, 1/16, 1/4: over tokens .665/6.
    expect(result.normalizedSquaredErrorOpenAi.value).toBeCloseTo(0.665 / 6, 14);
    // Cosines are 1. H: μ = 3 in both: 1 − .5 / (4 + 1e-6) and 1 − 1 / (1 + 1e-6): mean near 7/16.
    expect(result.r2Overcomplete.value).toBeCloseTo(7 / 16, 5);
    expect(result.explainedVarianceSaeLensTrainer).toEqual({ value: 7 / 16 });
    expect(result.errorNormOpenMoss).toEqual({ value: 0.75 });
    // Sums over all: r² 5, x² 26 + 40.
    expect(result.explainedVarianceUncentred.value).toBeCloseTo(1 - 5 / 66, 14);
    expect([result.nTokens, result.nBatches]).toEqual([6, 2]);
  });

  test("averages cosines and standardized errors over tokens or batches", () => {
    // Batch 0: x = (0, 2), xHat = (2, 0): cosine 0; r = (−2, 2), s² = 2: 8 / 2 / 2 = 2. Batch 1, two tokens: x = (0, 4), xHat = (0, 2): cosine
    // 1; r = (0, 2), s² = 8: 4 / 8 / 2 = 1/4. The 1e-5 beside s changes the fifth digit.
    const result = measure(
      2,
      [
        [0, 2],
        [2, 0],
      ],
      [
        [0, 4, 0, 4],
        [0, 2, 0, 2],
      ],
    );
    expect(result.cosineSaeLens).toEqual({ value: 2 / 3 });
    expect(result.cosineDictionaryLearning).toEqual({ value: 1 / 2 });
    expect(result.standardizedSquaredErrorBatchTopK.value).toBeCloseTo(2.5 / 3, 4);
  });

  const rows = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 3,
    maxLength: 12,
  });

  test("says for perfection what each library would", () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        // Nothing may stand on the mean, or be 0, or be alike in both dimensions: those cases have a test of their own.
        const x = pairs.flatMap(([a, b], i) => [100 + a + 0.5 * i, -100 + b + (i === 0 ? 300 : 0)]);
        const result = measure(2, [x, x]);
        const wrong = names.filter((name) => {
          const perfect = /^(explained|r2|cosine|l2|relative)/.test(name) ? 1 : 0;
          const { value } = result[name];
          return value !== null && Math.abs(value - perfect) > 1e-14;
        });
        expect(wrong).toEqual([]);
        expect(result.explainedVarianceSaeLensTrainer).toEqual({ value: 1 });
      }),
    );
  });

  test("gives 0 for the mean of one batch where a library centres, and only there", () => {
    const x = [3, 9, 5, 1, 10, 8, 6, 6];
    const mean = [6, 6];
    const result = measure(2, [x, [...mean, ...mean, ...mean, ...mean]]);
    for (const name of [
      "explainedVarianceSaeLensTrainer",
      "explainedVarianceOpenMoss",
      "explainedVarianceDictionaryLearning",
    ] as const) {
      expect(result[name], name).toEqual({ value: 0 });
    }
    expect(result.fvuSparsify).toEqual({ value: 1 });
    // The last token is the mean: 0 / 0 in the legacy ratio.
    expect(result.explainedVarianceLegacy).toEqual({
      value: null,
      reason: "batch 0 has no value: a token lies on its mean",
    });
    // Uncentred: Σx² = 90 + 26 + 164 + 72 = 352, Σr² = 18 + 26 + 20 + 0 = 64; far from 0.
    expect(result.explainedVarianceUncentred.value).toBeCloseTo(1 - 64 / 352, 14);
    // m = 352/8 = 44, mean‖x‖² = 88, mean‖r‖² = 16: 1 − 16 / (88 − 1936): above 1.
    expect(result.explainedVarianceSaeLens618.value).toBeCloseTo(1 + 16 / 1848, 14);
  });

  test("a constant error is invisible to dictionary_learning's explained variance alone", () => {
    const shifted = measure(3, [goldenX, goldenX.map((x) => x - 8)]);
    expect(shifted.explainedVarianceDictionaryLearning).toEqual({ value: 1 });
    expect(shifted.explainedVarianceOpenMoss.value).toBeCloseTo(1 - (4 * 3 * 64) / 13, 12);
    expect(shifted.r2Overcomplete.value).toBeLessThan(-40);
  });

  test("does not depend on the scale of x, but for the formulas that do", () => {
    const scaled = (factor: number): PeerReconstructionResult =>
      measure(3, [goldenX.map((x) => factor * x), goldenXHat.map((x) => factor * x)]);
    // Powers of two change no digit. 1e-6 and 1e-5 in denominators are below the tolerance here, but not for small x.
    expect(differing(scaled(1), scaled(64), 1e-4)).toEqual([
      "explainedVarianceSaeLens618",
      "squaredErrorSaeLens618",
      "errorNormDictionaryLearning",
      "errorNormOpenMoss",
    ]);
    expect(differing(scaled(1), scaled(2 ** -15), 1e-4)).toEqual([
      "explainedVarianceSaeLens618",
      "r2Overcomplete",
      "standardizedSquaredErrorBatchTopK",
      "squaredErrorSaeLens618",
      "errorNormDictionaryLearning",
      "errorNormOpenMoss",
      // ‖x‖ of two tokens falls below 1e-4.
      "l2RatioSaeLens",
    ]);
    // SAELens 6.18: with m far below dIn its number is the uncentred one; it passes infinity where m = dIn = 3.
    expect(scaled(2 ** -7).explainedVarianceSaeLens618.value).toBeCloseTo(0.964286, 4);
    expect(scaled(1).explainedVarianceSaeLens618.value).toBeGreaterThan(1);
  });

  test("does not depend on where x lies, but for the formulas that do", () => {
    const moved = (by: number): PeerReconstructionResult =>
      measure(3, [goldenX.map((x) => x + by), goldenXHat.map((x) => x + by)]);
    const centred = names.filter((name) => !differing(moved(0), moved(16), 1e-12).includes(name));
    expect(centred).toEqual([
      "explainedVarianceDictionaryLearning",
      "explainedVarianceLegacy",
      "explainedVarianceLegacyOpenMoss",
      "explainedVarianceSaeLensTrainer",
      "explainedVarianceOpenMoss",
      "fvuSparsify",
      "r2Overcomplete",
      "standardizedSquaredErrorBatchTopK",
      "squaredErrorSaeLens618",
      "errorNormDictionaryLearning",
      "errorNormOpenMoss",
    ]);
    // A large common mean makes any reconstruction look good where nothing is centred.
    expect(moved(1024).explainedVarianceUncentred.value).toBeGreaterThan(0.999999);
    expect(moved(1024).explainedVarianceOpenMoss.value).toBeCloseTo(1 - 1.5 / 13, 12);
  });

  test("on one batch, agrees with the numbers that do not depend on batches", () => {
    const value = fc.integer({ min: 1, max: 4000 }).map((n) => n / 16);
    const batch = fc.array(fc.tuple(value, value, value, value), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(batch, (tokens) => {
        const x = Float32Array.from(tokens.flatMap((token) => token.slice(0, 2)));
        const xHat = Float32Array.from(tokens.flatMap((token) => token.slice(2)));
        const peers = measure(2, [x, xHat]);
        const ours = createReconstructionMetrics({ dIn: 2 });
        ours.add({ x, xHat });
        const global = ours.result();
        const near = (a: { value: number | null }, b: { value: number | null }): void => {
          expect(a.value === null).toBe(b.value === null);
          // 20 tokens of rounding, against numbers that may be large where x hardly varies.
          expect(Math.abs((a.value ?? 0) - (b.value ?? 0))).toBeLessThanOrEqual(
            1e-11 * Math.max(1, Math.abs(b.value ?? 0)),
          );
        };
        near(peers.explainedVarianceOpenMoss, global.explainedVariance);
        near(peers.cosineSaeLens, global.cosine);
        near(peers.l2RatioDictionaryLearning, global.l2Ratio);
        near(peers.errorNormOpenMoss, global.errorNorm);
        near(peers.relativeReconstructionBiasPerBatch, global.relativeReconstructionBias);
        // dictionary_learning removes the mean of r: it can only be better.
        const [dl, a] = [peers.explainedVarianceDictionaryLearning.value, global.explainedVariance.value];
        if (dl !== null && a !== null)
          expect(dl).toBeGreaterThanOrEqual(a - 1e-11 * Math.max(1, Math.abs(a)));
      }),
    );
  });

  test("keeps its digits under a common mean of 1e4", () => {
    // Deviations and errors as in the golden vector: 1e4 and its neighbours at 1/4 are exact in float32.
    const result = measure(3, [goldenX.map((x) => x + 1e4), goldenXHat.map((x) => x + 1e4)]);
    expect(result.explainedVarianceSaeLensTrainer.value).toBeCloseTo(1 - 1.5 / 13, 12);
    expect(result.explainedVarianceDictionaryLearning.value).toBeCloseTo(1 - 0.25 / 13, 12);
  });

  test("every number has a definition of its own", () => {
    const ids = names.map((name) => peerReconstructionDefinitions[name].id);
    expect(new Set(ids).size).toBe(names.length);
    const { nTokens, nBatches, ...numbers } = measure(1);
    expect([nTokens, nBatches]).toEqual([0, 0]);
    expect(Object.keys(numbers).sort()).toEqual([...names].sort());
  });
});

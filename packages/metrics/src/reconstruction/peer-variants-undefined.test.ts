import { expect, describe as suite, test } from "vitest";
import { goldenX, goldenXHat, measure, names, withoutValue } from "./peer-variants.test-support.ts";
import { createPeerReconstructionMetrics } from "./peer-variants.ts";

suite("createPeerReconstructionMetrics(), where there is no number", () => {
  test("has no value, and says why, where the library has NaN or an infinity", () => {
    const none = measure(2);
    expect(withoutValue(none)).toEqual(names);
    expect(none.fvuSparsify).toEqual({ value: null, reason: "no tokens" });
    expect(none.explainedVarianceSaeLens618).toEqual({ value: null, reason: "no tokens" });
    expect(measure(2, [[], []])).toEqual(none);

    const centring = [
      "explainedVarianceDictionaryLearning",
      "explainedVarianceLegacy",
      "explainedVarianceLegacyOpenMoss",
      "explainedVarianceSaeLensTrainer",
      "explainedVarianceOpenMoss",
      "fvuSparsify",
    ];
    const oneToken = measure(2, [
      [3, 4],
      [3, 3],
    ]);
    expect(withoutValue(oneToken)).toEqual(centring);
    expect(oneToken.fvuSparsify).toEqual({
      value: null,
      reason: "batch 0 has no value: x does not vary within it",
    });
    const constant = measure(2, [
      [0.1, 0.7, 0.1, 0.7, 0.1, 0.7],
      [0, 1, 0, 1, 0, 1],
    ]);
    expect(withoutValue(constant)).toEqual(centring);
    // One batch without a number is enough, as one NaN is in a mean.
    const second = measure(
      2,
      [goldenX, goldenXHat],
      [
        [3, 4],
        [3, 3],
      ],
    );
    expect(withoutValue(second)).toEqual(centring);
    expect(second.explainedVarianceOpenMoss).toEqual({
      value: null,
      reason: "batch 1 has no value: x does not vary within it",
    });
  });

  test("has no direction at a token of norm 0, unless the library guards it", () => {
    const zero = measure(2, [
      [0, 0, 3, 4, 1, 0],
      [3, 4, 3, 4, 1, 0],
    ]);
    expect(withoutValue(zero)).toEqual([
      "normalizedSquaredErrorOpenAi",
      "cosineSaeLens",
      "cosineDictionaryLearning",
      "l2RatioDictionaryLearning",
    ]);
    // ‖x̂‖ = 5 is divided by 1, the others are 1.
    expect(zero.l2RatioSaeLens.value).toBeCloseTo(7 / 3, 14);
    const silent = measure(2, [
      [3, 4, 1, 0],
      [0, 0, 0, 0],
    ]);
    expect(withoutValue(silent)).toEqual([
      "cosineSaeLens",
      "cosineDictionaryLearning",
      "relativeReconstructionBiasPerBatch",
    ]);
  });

  test("has no SAELens 6.18 value where mean‖x‖² is m²", () => {
    // x = ±1, dIn = 1: mean‖x‖² = 1 = m = m².
    expect(
      measure(1, [
        [1, -1],
        [0, 0],
      ]).explainedVarianceSaeLens618,
    ).toEqual({
      value: null,
      reason: "mean‖x‖² equals m²",
    });
  });

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])("names the first batch with a value of %s", (bad) => {
    const result = measure(3, [goldenX, goldenXHat], [goldenX, goldenXHat.with(4, bad)]);
    for (const name of names) {
      expect(result[name]).toEqual({
        value: null,
        reason: "x or xHat is not finite, first in batch 1",
      });
    }
  });

  test("refuses broken shapes", () => {
    const metrics = createPeerReconstructionMetrics({ dIn: 2 });
    expect(() => metrics.add({ x: new Float32Array(3), xHat: new Float32Array(3) })).toThrow(
      "whole rows of 2",
    );
    expect(() => metrics.add({ x: new Float32Array(4), xHat: new Float32Array(2) })).toThrow(
      "4 values like x, got 2",
    );
    expect(() => createPeerReconstructionMetrics({ dIn: 0 })).toThrow("at least 1, got 0");
  });
});

import type { SplicedModel } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { type BehaviourOptions, evaluateBehaviour } from "./evaluate-behaviour.ts";
import {
  byHand,
  dIn,
  half,
  identity,
  meanOf,
  model,
  nVocabulary,
  text,
  zero,
} from "./naive-behaviour.test-support.ts";
import { saeFrom, toyLanguageModel } from "./toy-language-model.test-support.ts";

const evaluate = (options: Partial<BehaviourOptions> = {}) =>
  evaluateBehaviour({ model, inference: half, batches: () => [text], ...options });

suite("evaluateBehaviour()", () => {
  test("agrees with the same worked out naively", async () => {
    const result = await evaluate();
    const mean = meanOf(() => true);
    const sae = byHand((x) => x / 2);
    const none = byHand(() => 0);
    const average = byHand((_x, _token, d) => mean[d] ?? 0);
    // Logits are float32 on both sides, sums float64; the mean vector is rounded to float32 once.
    expect(result.crossEntropy.original.value).toBeCloseTo(sae.original, 12);
    expect(result.crossEntropy.sae.value).toBeCloseTo(sae.changed, 12);
    expect(result.crossEntropy.zeroAblation.value).toBeCloseTo(none.changed, 12);
    expect(result.crossEntropy.meanAblation.value).toBeCloseTo(average.changed, 6);
    expect(result.klDivergence.sae.value).toBeCloseTo(sae.kl, 12);
    expect(result.klDivergence.zeroAblation.value).toBeCloseTo(none.kl, 12);
    expect(result.klDivergence.meanAblation.value).toBeCloseTo(average.kl, 6);
    expect(result.crossEntropyIncrease.sae.mean.value).toBeCloseTo(sae.changed - sae.original, 12);
    const score = (none.changed - sae.changed) / (none.changed - none.original);
    const scores = result.scores.zeroAblation;
    expect(scores.ceLossScore.value).toBeCloseTo(score, 10);
    expect(scores.fractionDestroyed.value).toBeCloseTo(1 - score, 10);
    expect(scores.downstreamLossRatio.value).toBeCloseTo(1 / score, 8);
    // One batch: dictionary_learning's number is the same score.
    expect(scores.fracRecoveredPerBatch.value).toBeCloseTo(score, 10);
    expect(scores.klDivScore.value).toBeCloseTo(1 - sae.kl / none.kl, 10);
    const meanScores = result.scores.meanAblation;
    expect(meanScores.klDivScore.value).toBeCloseTo(1 - sae.kl / average.kl, 5);
    expect(result).toMatchObject({ nBatches: 1, nSequences: 3, nTokens: 13, hookPoint: "hook_embed" });
    expect([result.nCrossEntropyPositions, result.nKlPositions]).toEqual([10, 13]);
    expect(result.meanActivation).toEqual({ from: "measured", nPositions: 13 });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("gives scores of 1 and no increase for a perfect reconstruction", async () => {
    const { crossEntropyIncrease, klDivergence, scores } = await evaluate({ inference: identity });
    expect(crossEntropyIncrease.sae).toEqual({ mean: { value: 0 }, standardError: { value: 0 } });
    expect(klDivergence.sae).toEqual({ value: 0 });
    for (const against of Object.values(scores)) {
      expect(against).toEqual({
        ceLossScore: { value: 1 },
        klDivScore: { value: 1 },
        fractionDestroyed: { value: 0 },
        downstreamLossRatio: { value: 1 },
        fracRecoveredPerBatch: { value: 1 },
      });
    }
  });

  test("gives scores of 0 to an SAE that does what the ablation does", async () => {
    const nothing = await evaluate({ inference: zero });
    expect(nothing.scores.zeroAblation).toMatchObject({
      ceLossScore: { value: 0 },
      klDivScore: { value: 0 },
      fractionDestroyed: { value: 1 },
      fracRecoveredPerBatch: { value: 0 },
      downstreamLossRatio: {
        value: null,
        reason: "the SAE and the ablation differ by less than 0.000001 nats",
      },
    });
    const mean = Float32Array.from(meanOf(() => true));
    const average = await evaluate({ inference: saeFrom(dIn, () => mean), meanActivation: mean });
    expect(average.scores.meanAblation).toMatchObject({
      ceLossScore: { value: 0 },
      klDivScore: { value: 0 },
    });
    expect(average.meanActivation).toEqual({ from: "given" });
  });

  test("puts an SAE that loses a little between no harm and the ablations", async () => {
    // Text that the model would write: its own likeliest next token, six times.
    const written = [1, 2, 3, 4].map((first) => {
      const tokens = [first];
      while (tokens.length < 7) {
        const logits = model.logitsFrom(model.activationsOf(Int32Array.from(tokens))).slice(-nVocabulary);
        tokens.push(logits.indexOf(Math.max(...logits)));
      }
      return Int32Array.from(tokens);
    });
    const mostly = saeFrom(dIn, (row) => row.map((value) => 0.9 * value));
    const { crossEntropyIncrease, scores } = await evaluate({ inference: mostly, batches: () => [written] });
    expect(crossEntropyIncrease.sae.mean.value).toBeGreaterThan(0);
    expect(scores.zeroAblation.ceLossScore.value).toBeGreaterThan(0.8);
    expect(scores.zeroAblation.ceLossScore.value).toBeLessThan(1);
    expect(scores.zeroAblation.klDivScore.value).toBeGreaterThan(0.9);
    expect(scores.zeroAblation.klDivScore.value).toBeLessThan(1);
  });

  test("does not depend on how sequences are batched, but for the number that is a mean over batches", async () => {
    const sequence = fc.array(fc.nat(nVocabulary - 1), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(sequence, { minLength: 1, maxLength: 6 }),
        fc.nat(6),
        fc.integer({ min: 1, max: 3 }),
        async (lists, cut, chunk) => {
          const sequences = lists.map((tokens) => Int32Array.from(tokens));
          const specialTokens = { ids: [0] };
          const whole = await evaluate({ batches: () => [sequences], specialTokens });
          const split = await evaluate({
            model: toyLanguageModel({ nVocabulary, dIn, chunk }),
            batches: () => [sequences.slice(0, cut), sequences.slice(cut)],
            specialTokens,
          });
          const { nBatches: _a, scores, ...rest } = whole;
          const { nBatches: _b, scores: splitScores, ...splitRest } = split;
          expect(splitRest).toEqual(rest);
          expect(splitScores.zeroAblation.ceLossScore).toEqual(scores.zeroAblation.ceLossScore);
          expect(splitScores.meanAblation.klDivScore).toEqual(scores.meanAblation.klDivScore);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("averages dictionary_learning's number over batches", async () => {
    const alone = await Promise.all(text.map((sequence) => evaluate({ batches: () => [[sequence]] })));
    const expected = alone.map(({ scores }) => scores.zeroAblation.ceLossScore.value ?? Number.NaN);
    const result = await evaluate({ batches: () => text.map((sequence) => [sequence]) });
    const mean = expected.reduce((a, b) => a + b, 0) / 3;
    expect(result.scores.zeroAblation.fracRecoveredPerBatch.value).toBeCloseTo(mean, 12);
    expect(result.scores.zeroAblation.ceLossScore.value).not.toBeCloseTo(mean, 3);
  });

  test("takes the standard error over sequences", async () => {
    const deltas = await Promise.all(
      text.map(async (sequence) => {
        const { crossEntropyIncrease } = await evaluate({ batches: () => [[sequence]] });
        return { mean: crossEntropyIncrease.sae.mean.value ?? Number.NaN, n: sequence.length - 1 };
      }),
    );
    const mean = deltas.reduce((sum, delta) => sum + delta.mean * delta.n, 0) / 10;
    const squares = deltas.reduce((sum, delta) => sum + (delta.n * (delta.mean - mean)) ** 2, 0);
    const { sae } = (await evaluate()).crossEntropyIncrease;
    expect(sae.standardError.value).toBeCloseTo(Math.sqrt(1.5 * squares) / 10, 12);
  });

  test("has no score where the ablation does nothing", async () => {
    // A model that goes on with its own activations, whatever it is given.
    const deaf: SplicedModel = {
      ...model,
      run: (sequences, { replace } = {}) =>
        model.run(sequences, {
          replace: async (batch) => {
            await replace?.(batch);
            return batch.activations;
          },
        }),
    };
    const { scores, crossEntropyIncrease } = await evaluate({
      model: deaf,
      meanActivation: new Float32Array(dIn),
    });
    const reason = "the ablation changes cross-entropy by less than 0.000001 nats";
    expect(crossEntropyIncrease.zeroAblation.mean).toEqual({ value: 0 });
    expect(scores.zeroAblation).toMatchObject({
      ceLossScore: { value: null, reason },
      fractionDestroyed: { value: null, reason },
      klDivScore: { value: null, reason: "the ablation changes the divergence by less than 0.000001 nats" },
      fracRecoveredPerBatch: { value: null, reason: `${reason} in batch 0` },
    });
  });

  test("stands logits in the ten thousands", async () => {
    const large = toyLanguageModel({ nVocabulary, dIn, scale: 100 });
    const { crossEntropy, scores } = await evaluate({ model: large });
    expect(crossEntropy.original.value).toBeGreaterThan(1000);
    expect(scores.zeroAblation.ceLossScore.value).not.toBeNull();
    expect(scores.meanAblation.klDivScore.value).not.toBeNull();
  });

  test("says which state of the model gives no finite numbers, and keeps the others", async () => {
    let nSeen = 0;
    const broken = saeFrom(dIn, (row) => (nSeen++ < 4 ? row : row.fill(Number.NaN)));
    // Sequence 0 has 4 positions; row 4 is the first of sequence 1.
    const result = await evaluate({ inference: broken });
    const reason = "cross-entropy with the SAE or of the model as it is is not finite, first in sequence 1";
    expect(result.crossEntropyIncrease.sae.mean).toEqual({ value: null, reason });
    expect(result.scores.zeroAblation.ceLossScore).toEqual({ value: null, reason });
    expect(result.scores.zeroAblation.fracRecoveredPerBatch).toEqual({
      value: null,
      reason: "cross-entropy is not finite in batch 0",
    });
    expect(result.klDivergence.sae.value).toBeNull();
    expect(result.crossEntropyIncrease.zeroAblation.mean.value).not.toBeNull();
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("has nothing to say about no text, or sequences of one token", async () => {
    const none = await evaluate({ batches: () => [] });
    expect(none.crossEntropy.original).toEqual({ value: null, reason: "no positions" });
    const single = await evaluate({ batches: () => [[Int32Array.of(1)]] });
    expect(single.crossEntropy.original).toEqual({ value: null, reason: "no positions" });
    expect(single.scores.zeroAblation.fracRecoveredPerBatch).toEqual({ value: null, reason: "no positions" });
    expect(single.klDivergence.zeroAblation.value).toBeGreaterThan(0);
  });
});

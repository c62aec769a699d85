import { type SparseLatents, sparseFromDense } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { type PeerSparsityMetricName, peerSparsityDefinitions } from "./peer-definitions.ts";
import {
  createPeerSparsityMetrics,
  type PeerSparsityBatch,
  type PeerSparsityResult,
} from "./peer-sparsity.ts";
import { createSparsityMetrics } from "./sparsity.ts";

const dense = (values: readonly number[], dSae: number): SparseLatents =>
  sparseFromDense(Float32Array.from(values), { nRows: values.length / dSae, dSae });

function measure(dSae: number, ...batches: readonly PeerSparsityBatch[]): PeerSparsityResult {
  const metrics = createPeerSparsityMetrics({ dSae });
  for (const batch of batches) metrics.add(batch);
  return metrics.result();
}

const names = Object.keys(peerSparsityDefinitions) as PeerSparsityMetricName[];

suite("createPeerSparsityMetrics()", () => {
  test("gives each library's L0 and L1", () => {
    // Tokens: (2, −1, 0), (0, 0, 0) in one batch, (3, 0, −4) in the next; ‖x‖ = 5, 1, 2.
    const result = measure(
      3,
      { latents: dense([2, -1, 0, 0, 0, 0], 3), x: Float32Array.of(3, 4, 0, 1) },
      { latents: dense([3, 0, -4], 3), x: Float32Array.of(2, 0) },
    );
    // f > 0: 1, 0, 1. Σ f: 1, 0, −1. Σ|f|: 3, 0 (mean 1.5) and 7: over batches 4.25. Σ|f|/‖x‖: .6, 0, 3.5.
    expect(result.l0SaeLens).toEqual({ value: 2 / 3 });
    expect(result.l1SaeLens).toEqual({ value: 0 });
    expect(result.l1DictionaryLearning).toEqual({ value: 4.25 });
    expect(result.l1OpenAi.value).toBeCloseTo(4.1 / 3, 15);
    expect([result.nTokens, result.nBatches, result.dSae]).toEqual([3, 2, 3]);
  });

  test("gives Overcomplete's Hoyer and kappa-4", () => {
    // dSae 4, √dSae = 2. (3, 0, 0, 4): L1/L2 = 7/5, Hoyer 2 − 1.4 = .6; Σf⁴ = 81 + 256 = 337, (Σf²)² = 625.
    const result = measure(4, { latents: dense([3, 0, 0, -4], 4) });
    expect(result.hoyerOvercomplete.value).toBeCloseTo(2 - 7 / (5 + 1e-6), 14);
    expect(result.kappa4Overcomplete.value).toBeCloseTo(337 / (625 + 1e-6), 14);
    // One latent: 1. All alike: 0 and 1/4. None: above 1, and 0.
    const one = measure(4, { latents: dense([0, 8, 0, 0], 4) });
    expect(one.hoyerOvercomplete.value).toBeCloseTo(1, 6);
    expect(one.kappa4Overcomplete.value).toBeCloseTo(1, 6);
    const alike = measure(4, { latents: dense([8, 8, 8, 8], 4) });
    expect(alike.hoyerOvercomplete.value).toBeCloseTo(0, 6);
    expect(alike.kappa4Overcomplete.value).toBeCloseTo(0.25, 6);
    const silent = measure(4, { latents: dense([0, 0, 0, 0], 4) });
    expect(silent.hoyerOvercomplete).toEqual({ value: 2 });
    expect(silent.kappa4Overcomplete).toEqual({ value: 0 });
    expect(measure(1, { latents: dense([8], 1) }).hoyerOvercomplete).toEqual({
      value: null,
      reason: "batch 0 has no value: its latents are not finite, or dSae is 1",
    });
  });

  test("gives SAEBench's shares of frequent and living latents", () => {
    // 100 tokens: latent 0 fires on 20, 1 on 10 (not more than 10%), 2 on 2, 3 on 1 (not more than 1%), 4 is −1 on 50.
    const firings = [20, 10, 2, 1];
    const tokens = Array.from({ length: 100 }, (_, token) => [
      ...firings.map((count) => (token < count ? 1 : 0)),
      token < 50 ? -1 : 0,
    ]);
    const result = measure(5, { latents: dense(tokens.flat(), 5) });
    expect(result.freqOver1PercentSaeBench).toEqual({ value: 3 / 5 });
    expect(result.freqOver10PercentSaeBench).toEqual({ value: 1 / 5 });
    expect(result.normalizedFreqOver1PercentSaeBench).toEqual({ value: 32 / 33 });
    expect(result.normalizedFreqOver10PercentSaeBench).toEqual({ value: 20 / 33 });
    expect(result.fracAliveSaeBench).toEqual({ value: 4 / 5 });
    expect(result.fracAliveDictionaryLearning).toEqual({ value: 1 });
    expect(result.featureDensities.map(({ value }) => value)).toEqual([0.2, 0.1, 0.02, 0.01, 0]);
  });

  test("calls a latent that cancels to 0 dead where dictionary_learning does", () => {
    const result = measure(2, { latents: dense([1, 1], 2) }, { latents: dense([-1, 1], 2) });
    expect(result.fracAliveDictionaryLearning).toEqual({ value: 0.5 });
    expect(result.fracAliveSaeBench).toEqual({ value: 1 });
  });

  test("counts tokens for each prompt in which a latent fires", () => {
    // Prompts 0, 0, 1 in one batch and 2, 2 in the next. Latent 0 fires on tokens 0, 1 and 3: 3 tokens in prompts 0 and 2.
    // Latent 1 fires on tokens 2 and 3: prompts 1 and 2. Latent 2 never fires.
    const result = measure(
      3,
      { latents: dense([1, 0, 0, 1, 0, 0, 0, 1, -1], 3), prompts: Uint32Array.of(0, 0, 1) },
      { latents: dense([1, 1, 0, 0, 0, 0], 3), prompts: Uint32Array.of(2, 2) },
    );
    expect(result.consistentActivationHeuristics).toEqual([
      { value: 1.5 },
      { value: 1 },
      { value: null, reason: "the latent never fired" },
    ]);
    const without = measure(1, { latents: dense([1], 1) });
    expect(without.consistentActivationHeuristics).toEqual([
      { value: null, reason: "a batch came without prompts" },
    ]);
  });

  test("agrees with the sparsity metrics of this package on latents that are not negative", () => {
    const token = fc.array(fc.constantFrom(0, 0, 0, 0.5, 2), { minLength: 4, maxLength: 4 });
    const stream = fc.array(fc.array(token, { maxLength: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(stream, (batches) => {
        const ours = createSparsityMetrics({ dSae: 4 });
        const latents = batches.map((batch) => dense(batch.flat(), 4));
        for (const batch of latents) ours.add(batch);
        const { l0, density, deadLatents } = ours.result();
        const peers = measure(4, ...latents.map((batch) => ({ latents: batch })));
        fc.pre(peers.nTokens > 0);
        expect(peers.l0SaeLens.value).toBeCloseTo(l0.mean.value ?? Number.NaN, 12);
        expect(peers.freqOver1PercentSaeBench).toEqual(density.shareAbove1Percent);
        expect(peers.freqOver10PercentSaeBench).toEqual(density.shareAbove10Percent);
        expect(peers.fracAliveSaeBench).toEqual({ value: (deadLatents.alive.value ?? Number.NaN) / 4 });
        expect(peers.fracAliveDictionaryLearning).toEqual(peers.fracAliveSaeBench);
        expect(peers.featureDensities.map(({ value }) => value)).toEqual([...ours.densities()]);
      }),
    );
  });

  test("L1 grows with the scale of latents, shares and shapes do not", () => {
    const batch = [1, 0, 4, 2, 2, 0, 0, 3];
    const scaled = (by: number): PeerSparsityResult =>
      measure(4, {
        latents: dense(
          batch.map((value) => by * value),
          4,
        ),
        x: Float32Array.of(1, 2),
      });
    const [one, four] = [scaled(1), scaled(4)];
    for (const name of ["l1SaeLens", "l1DictionaryLearning", "l1OpenAi"] as const) {
      expect(four[name].value, name).toBeCloseTo(4 * (one[name].value ?? Number.NaN), 12);
    }
    expect(four.l0SaeLens).toEqual(one.l0SaeLens);
    expect(four.hoyerOvercomplete.value).toBeCloseTo(one.hoyerOvercomplete.value ?? 0, 5);
    // Not so for small latents: the 1e-6 beside (Σf²)² takes over.
    expect(scaled(2 ** -10).kappa4Overcomplete.value).toBeLessThan(1e-3);
  });

  test("has no value, and says why, without tokens, x, or finite latents", () => {
    const none = measure(2);
    for (const name of names) expect(none[name], name).toEqual({ value: null, reason: "no tokens" });
    expect(measure(2, { latents: dense([], 2), x: new Float32Array(0) })).toEqual(none);
    const silent = measure(2, { latents: dense([0, 0], 2) });
    expect(silent.normalizedFreqOver1PercentSaeBench).toEqual({ value: 0 });
    expect(silent.fracAliveSaeBench).toEqual({ value: 0 });
    const reason = "batch 0 has no value: it came without x, or has a token of norm 0";
    expect(silent.l1OpenAi).toEqual({ value: null, reason });
    expect(measure(2, { latents: dense([1, 0], 2), x: Float32Array.of(0, 0) }).l1OpenAi).toEqual({
      value: null,
      reason,
    });
    const broken = measure(2, { latents: dense([1, Number.NaN], 2) });
    expect(broken.l1SaeLens).toEqual({
      value: null,
      reason: "batch 0 has no value: its latents are not finite",
    });
  });

  test("refuses batches whose parts do not fit", () => {
    const metrics = createPeerSparsityMetrics({ dSae: 2 });
    expect(() => metrics.add({ latents: dense([1, 0, 0], 3) })).toThrow("of dSae 2, got 3");
    const latents = dense([1, 0, 0, 1], 2);
    expect(() => metrics.add({ latents, x: new Float32Array(3) })).toThrow("x of 2 tokens like latents");
    expect(() => metrics.add({ latents, prompts: new Uint32Array(3) })).toThrow("prompts of 2 tokens");
    expect(metrics.result().nTokens).toBe(0);
    expect(() => createPeerSparsityMetrics({ dSae: 0.5 })).toThrow("at least 1, got 0.5");
  });

  test("every number has a definition of its own", () => {
    expect(new Set(names.map((name) => peerSparsityDefinitions[name].id)).size).toBe(names.length);
    expect(Object.keys(measure(1))).toEqual(expect.arrayContaining(names));
  });
});

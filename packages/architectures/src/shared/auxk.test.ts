import { expect, describe as suite, test } from "vitest";
import { batchTopK } from "../batch-topk/batch-topk.ts";
import { evaluate, type Numbers } from "../by-hand.test-support.ts";
import { topK } from "../topk/topk.ts";
import type { AuxkConfig } from "./auxk.ts";

/**
 * Two tokens (2, 0) and (0, 1), k = 1. Pre-activations of token 0: (1, −2, 1, −1); of token 1: (−1, 1, 0.5, −0.5). The tie of token 0
 * goes to latent 0. x̂ = (1, 0) and (0, 1), so r = (1, 0) and (0, 0). Latents 2 and 3 may be dead.
 */
const parameters: Numbers = {
  encoder: [
    [1, 0],
    [-1, 1],
    [0.5, 0.5],
    [-0.5, -0.5],
  ],
  encoderBias: [-1, 0, 0, 0],
  decoder: [
    [1, 0],
    [0, 1],
    [0.6, 0.8],
    [0.8, -0.6],
  ],
  decoderBias: [0, 0],
};
const x = [
  [2, 0],
  [0, 1],
];

function auxkOf(config: Partial<AuxkConfig>, silent: readonly number[], changed: Numbers = {}) {
  const architecture = topK({ k: 1, auxkCoefficient: 0.5, auxk: 2, deadAfterTokens: 10, ...config });
  return evaluate(architecture, {
    parameters: { ...parameters, ...changed },
    x,
    buffers: { tokensSinceFired: silent },
  });
}

const bothDead = [0, 0, 10, 10];

suite("the forms of AuxK", () => {
  test("normalized: positive dead latents, over the residual's variance", () => {
    // Latent 3 is negative in both tokens. r̂ = (0.6, 0.8) and 0.5 (0.6, 0.8): errors (0.4, −0.8), (−0.3, −0.4).
    // 0.8 + 0.25 = 1.05 over the spread of r, 0.25 + 0.25.
    expect(auxkOf({}, bothDead).terms.auxk).toBeCloseTo(0.5 * (1.05 / 0.5), 6);
  });

  test("normalized: 0 for a residual without variance, however large", () => {
    // One token: r is its own mean. r = (1e6, 0) less what latents rebuild; its square over the smallest variance leaves float32.
    const architecture = topK({ k: 1, auxkCoefficient: 0.5, auxk: 2, deadAfterTokens: 10 });
    const changed = { ...parameters, encoderBias: [-1e6, 0, 0, 0] };
    const got = evaluate(architecture, {
      parameters: changed,
      x: [[1e6, 0]],
      buffers: { tokensSinceFired: bothDead },
    });
    expect(got.terms.auxk).toBe(0);
    expect(got.gradients(["auxk"]).decoder?.every((value) => value === 0)).toBe(true);
  });

  test("scaled: negative ones too, mean over tokens", () => {
    // r̂ = 1 (0.6, 0.8) − 1 (0.8, −0.6) = (−0.2, 1.4) and half of that. Errors (1.2, −1.4): 3.4, and (0.1, −0.7): 0.5.
    // Two dead of auxk 2: factor 1. 3.9 / 2 tokens.
    expect(auxkOf({ auxkForm: "scaled" }, bothDead).terms.auxk).toBeCloseTo(0.5 * 1.95, 6);
  });

  test("scaled: weighs by how many are dead, up to auxk", () => {
    // Only latent 2: errors as in the normalized form, 1.05 / 2 tokens, times 1 dead / 2 wanted; or / 1 wanted.
    const one = [0, 0, 10, 0];
    expect(auxkOf({ auxkForm: "scaled" }, one).terms.auxk).toBeCloseTo(0.5 * 0.525 * 0.5, 6);
    expect(auxkOf({ auxkForm: "scaled", auxk: 1 }, one).terms.auxk).toBeCloseTo(0.5 * 0.525, 6);
    expect(auxkOf({ auxkForm: "scaled" }, [0, 0, 0, 0]).terms.auxk).toBe(0);
  });

  test("scaled: asks who was dead before the batch, normalized: with it", () => {
    // 9 tokens of silence and 2 more make 11.
    const soon = [0, 0, 9, 0];
    expect(auxkOf({ auxkForm: "scaled" }, soon).terms.auxk).toBe(0);
    expect(auxkOf({}, soon).terms.auxk).toBeGreaterThan(0);
  });

  test("scaled-with-bias-defect: adds the decoder bias to what should be a residual", () => {
    // x moved by the bias (1, 1) leaves pre-activations and r as they are; r̂ gains (1, 1).
    const shifted = { decoderBias: [1, 1] };
    const moved = (auxkForm: AuxkConfig["auxkForm"]) =>
      evaluate(topK({ k: 1, auxkCoefficient: 0.5, auxk: 2, deadAfterTokens: 10, auxkForm }), {
        parameters: { ...parameters, ...shifted },
        x: x.map((token) => token.map((value) => value + 1)),
        buffers: { tokensSinceFired: bothDead },
      });
    expect(moved("scaled").terms.auxk).toBeCloseTo(0.5 * 1.95, 5);
    // Errors (0.2, −2.4): 5.8, and (−0.9, −1.7): 3.7; 9.5 / 2 tokens.
    expect(moved("scaled-with-bias-defect").terms.auxk).toBeCloseTo(0.5 * 4.75, 5);
    // And it trains the bias through the output: −2 · 0.5 · mean error more, errors summing to (−0.7, −4.1). The same sums go
    // through pre-activations in every form: 2 · 0.5 · mean over tokens of Σ_i ⟨error, decoder_i⟩ encoder_i over dead i.
    // scaled: errors (1.2, −1.4) and (0.1, −0.7); ⟨e, d_2⟩ = −0.4, −0.5; ⟨e, d_3⟩ = 1.8, 0.5. Σ −0.9 (0.5, 0.5) + 2.3 (−0.5, −0.5).
    moved("scaled")
      .gradients(["auxk"])
      .decoderBias?.forEach((value) => {
        expect(value).toBeCloseTo(-1.6 / 2, 5);
      });
    // with the bias: (0.2, −2.4), (−0.9, −1.7); d_2: −1.8, −1.9; d_3: 1.6, 0.3: −3.7 (0.5, 0.5) + 1.9 (−0.5, −0.5) = −2.8.
    const [first, second] = moved("scaled-with-bias-defect").gradients(["auxk"]).decoderBias ?? [];
    expect(first).toBeCloseTo((-2.8 + 0.7) / 2, 5);
    expect(second).toBeCloseTo((-2.8 + 4.1) / 2, 5);
  });

  test("ranks dead latents by value times norm where rows are free, and uses the value", () => {
    const free = {
      encoder: [
        [1, 0],
        [-1, 1],
        [0.5, 0.5],
        [0.4, 0.4],
      ],
      decoder: [
        [8, 0],
        [0, 8],
        [0.6, 0.8],
        [3, 0],
      ],
    };
    const config = { k: 1, auxkCoefficient: 1, auxk: 1, deadAfterTokens: 10, auxkForm: "scaled" } as const;
    const run = (rankByDecoderNorm: boolean) =>
      evaluate(topK({ ...config, decoderRows: "free", rankByDecoderNorm }), {
        parameters: { ...parameters, ...free },
        x: [[0, 1]],
        buffers: { tokensSinceFired: bothDead },
      });
    // Token (0, 1): pre-activations (−1, 1, 0.5, 0.4); latent 1 is kept, x̂ = (0, 8), r = (0, −7).
    // By norm: latent 3, r̂ = 0.4 (3, 0) = (1.2, 0), error 1.44 + 49. By value: latent 2, r̂ = (0.3, 0.4), error 0.09 + 54.76.
    expect(run(true).terms.auxk).toBeCloseTo(50.44, 4);
    expect(run(false).terms.auxk).toBeCloseTo(54.85, 4);
  });

  test("is the same term in batch-topk", () => {
    const config = { auxkCoefficient: 0.5, auxk: 2, deadAfterTokens: 10, auxkForm: "scaled" } as const;
    const got = evaluate(batchTopK({ k: 1, ...config }), {
      parameters,
      x,
      buffers: { tokensSinceFired: bothDead },
    });
    // Three entries are 1; the earlier token's two win, latents 0 and 2. r is (0.4, −0.8) and (0, 1). Latent 2 fires, and was dead
    // before the batch all the same.
    // Errors with r̂ = (−0.2, 1.4) and (−0.1, 0.7): (0.6, −2.2): 5.2, and (0.1, 0.3): 0.1.
    expect(got.terms.auxk).toBeCloseTo((0.5 * 5.3) / 2, 5);
    expect(got.buffers.tokensSinceFired).toEqual([0, 2, 0, 12]);
  });
});

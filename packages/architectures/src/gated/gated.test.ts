import { foldInputScale, type InferenceForm, type NamedArray } from "@plumbline/core";
import { type Tensor, tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { evaluate, type Numbers, refusal, tensorsOfNumbers } from "../by-hand.test-support.ts";
import { at, normals, tensorsFrom, tokensOf } from "../float64.test-support.ts";
import { gated } from "./gated.ts";
import { gatedAnneal } from "./gated-anneal.ts";

/** exp(magnitudeScale) is 2, 1, 1. */
const parameters: Numbers = {
  encoder: [
    [1, 0],
    [0, 1],
    [-1, 0],
  ],
  gateBias: [-1, 1, 0],
  magnitudeScale: [Math.log(2), 0, 0],
  magnitudeBias: [0.5, -3, 4],
  decoder: [
    [1, 0],
    [0, 1],
    [0.6, 0.8],
  ],
  decoderBias: [1, 0],
};
/** Centred by the bias: (2, 1), so shared is (2, 1, −2). Gates: (1, 2, −2): two open. Magnitudes: (4.5, max(−2, 0), closed). */
const x = [[3, 1]];
const scalars = { sparsityCoefficient: 0.1 };

suite("gated() by hand", () => {
  const { terms, statistics } = evaluate(gated(), { parameters, x, scalars });

  test("an open gate passes the magnitude, a closed one nothing", () => {
    const latents = gated().encode(tensorsOfNumbers(parameters), {}, tensor2d(x));
    expect(latents.dataSync()[0]).toBeCloseTo(4.5, 6);
    expect([...latents.dataSync()].slice(1)).toEqual([0, 0]);
    // x̂ = (1, 0) + 4.5 (1, 0); residual (−2.5, 1): 6.25 + 1.
    expect(terms.reconstruction).toBeCloseTo(7.25, 5);
    // Open, but of magnitude 0: latent 1 has not fired.
    expect(statistics.l0).toBe(1);
  });

  test("the penalty is on open gates, the auxiliary term reconstructs from them", () => {
    expect(terms.sparsity).toBeCloseTo(0.1 * (1 + 2), 6);
    // (1, 0) + 1 (1, 0) + 2 (0, 1) = (2, 2); residual (1, −1).
    expect(terms.auxiliary).toBeCloseTo(2, 6);
  });

  test("gates learn from the penalty and the auxiliary term alone", () => {
    const { gradients } = evaluate(gated(), { parameters, x, scalars });
    expect(gradients(["reconstruction"]).gateBias?.map(Math.abs)).toEqual([0, 0, 0]);
    const [first, second, third] = gradients().gateBias ?? [];
    // 0.1 − 2 ⟨(1, −1), decoder_i⟩ where the gate is open.
    expect(first).toBeCloseTo(0.1 - 2, 5);
    expect(second).toBeCloseTo(0.1 + 2, 5);
    expect(Math.abs(third ?? 1)).toBe(0);
    // Magnitudes learn from the reconstruction: −2 · (−2.5), times 4 (2 · shared) for the scale.
    expect(gradients().magnitudeBias?.[0]).toBeCloseTo(5, 5);
    expect(gradients().magnitudeScale?.[0]).toBeCloseTo(20, 4);
  });

  test("the auxiliary term's decoder is frozen, unless the defect is asked for", () => {
    const of = (auxiliaryDecoder: "frozen" | "trained-defect") =>
      evaluate(gated({ auxiliaryDecoder }), { parameters, x, scalars }).gradients(["auxiliary"]);
    expect(of("frozen").decoder?.map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    // −2 · residual · gate: gates 1 and 2, residual (1, −1).
    expect(of("trained-defect").decoder?.map((value) => value + 0)).toEqual([-2, 2, -4, 4, 0, 0]);
    // The decoder bias still gets what comes through the centring: Σ_i 2 ⟨residual, decoder_i⟩ encoder_i = 2 (1, 0) − 2 (0, 1).
    expect(of("frozen").decoderBias).toEqual([2, -2]);
    // With the defect also −2 (1, −1) through the output: nothing is left.
    expect(of("trained-defect").decoderBias?.map(Math.abs)).toEqual([0, 0]);
  });

  test("free rows weigh gates in the penalty, and in nothing else", () => {
    const free = {
      ...parameters,
      decoder: [
        [3, 4],
        [0, 2],
        [1, 0],
      ],
    };
    const got = evaluate(gated({ decoderRows: "free" }), { parameters: free, x, scalars });
    // 1 · 5 + 2 · 2. Reconstruction: (1, 0) + 4.5 (3, 4) = (14.5, 18).
    expect(got.terms.sparsity).toBeCloseTo(0.9, 5);
    expect(got.terms.reconstruction).toBeCloseTo(11.5 ** 2 + 17 ** 2, 3);
    // (1, 0) + (3, 4) + 2 (0, 2) = (4, 8).
    expect(got.terms.auxiliary).toBeCloseTo(1 + 49, 5);
  });

  test("with a latent closed in every token nothing is NaN", () => {
    const closed = { ...parameters, gateBias: [-9, -9, -9] };
    const got = evaluate(gated(), { parameters: closed, x, scalars });
    for (const values of Object.values(got.gradients())) expect(values.every(Number.isFinite)).toBe(true);
    expect(got.statistics.l0).toBe(0);
  });
});

suite("gatedAnneal()", () => {
  test("puts the annealed penalty on open gates", () => {
    const given = { parameters, x, scalars: { sparsityCoefficient: 0.1, p: 0.5, nextP: 1 } };
    const power = evaluate(gatedAnneal(), given);
    // Gates 1 and 2: 1 + √2, and 3 at the next p.
    expect(power.terms.sparsity).toBeCloseTo(0.1 * (1 + Math.SQRT2), 5);
    expect(power.statistics.penaltyAtP).toBeCloseTo(1 + Math.SQRT2, 5);
    expect(power.statistics.penaltyAtNextP).toBeCloseTo(3, 5);
    const norm = evaluate(gatedAnneal({ sparsityFunction: "lp-norm" }), given);
    expect(norm.terms.sparsity).toBeCloseTo(0.1 * (1 + Math.SQRT2) ** 2, 5);
    expect(gatedAnneal().controls).toEqual(["sparsityCoefficient", "p", "nextP"]);
  });
});

/** Latents by the rule as `ActivationRule` defines it, in float64: nothing of the architecture is used. */
function latentsByRule(form: InferenceForm, rows: Float32Array): number[] {
  const { dIn, dSae, encoder, encoderBias, decoderBias, extra } = form;
  const of = (name: string, i: number): number => extra?.[name]?.data[i] ?? Number.NaN;
  return tokensOf(rows, dIn).flatMap((token) =>
    Array.from({ length: dSae }, (_, i) => {
      const shared = token.reduce(
        (sum, v, j) => sum + (v - at(decoderBias, j)) * at(encoder, i * dIn + j),
        0,
      );
      if (!(shared + at(encoderBias, i) > 0)) return 0;
      return Math.max(Math.exp(of("magnitudeScale", i)) * shared + of("magnitudeBias", i), 0);
    }),
  );
}

suite("the inference form of gated", () => {
  const [dIn, dSae, nRows] = [3, 6, 8];
  const vector = (length: number, seed: number): NamedArray => ({
    shape: [length],
    data: Float32Array.from(normals(length, seed, 0.5)),
  });
  const rows = (seed: number): NamedArray => ({
    shape: [dSae, dIn],
    data: Float32Array.from(normals(dSae * dIn, seed)),
  });
  const stored = tensorsFrom({
    encoder: rows(1),
    gateBias: vector(dSae, 2),
    magnitudeScale: vector(dSae, 3),
    magnitudeBias: vector(dSae, 4),
    decoder: rows(5),
    decoderBias: vector(dIn, 6),
  });
  const x_BD = Float32Array.from(normals(nRows * dIn, 7, 2));

  function formOf(): InferenceForm {
    const { tensors, subtractDecoderBias, activation } = gated().inference(stored, {});
    const data = (name: string): Float32Array => Float32Array.from((tensors[name] as Tensor).dataSync());
    const extra = (name: string): NamedArray => ({ shape: [dSae], data: data(name) });
    return {
      dIn,
      dSae,
      encoder: data("encoder"),
      encoderBias: data("encoderBias"),
      decoder: data("decoder"),
      decoderBias: data("decoderBias"),
      extra: { magnitudeScale: extra("magnitudeScale"), magnitudeBias: extra("magnitudeBias") },
      subtractDecoderBias,
      activation,
      madeBy: { architecture: "gated", config: {} },
    };
  }

  test("encodes as the architecture does, by the definition of the rule", () => {
    const form = formOf();
    expect(form.activation).toEqual({ kind: "gated" });
    const latents_BF = gated().encode(stored, {}, tensor2d(x_BD, [nRows, dIn]));
    const expected = latentsByRule(form, x_BD);
    expect(expected.filter((value) => value > 0).length).toBeGreaterThan(5);
    latents_BF.dataSync().forEach((value, i) => {
      expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-5);
    });
  });

  test("takes raw activations once the input scale is folded in", () => {
    const form = formOf();
    const onScaled = latentsByRule(form, x_BD);
    // Powers of two are exact.
    const raw = latentsByRule(
      foldInputScale(form, 0.25),
      x_BD.map((value) => value * 4),
    );
    expect(raw.map((value) => value / 4)).toEqual(onScaled);
  });
});

suite("gated: configuration", () => {
  test("refuses an auxiliary decoder that is neither", () => {
    const error = refusal(() => gated({ auxiliaryDecoder: "trained" as never }));
    expect(error).toMatchObject({ code: "bad-config" });
    expect(error.where).toContain("auxiliaryDecoder");
  });
});

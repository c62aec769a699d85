import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { foldInputScale, type InferenceForm } from "./inference-form.ts";
import { createRandom, fillNormal } from "./random.ts";

const [dIn, dSae] = [4, 7];

/** Strength of an open gate: the encoder's output without the gate's bias, scaled and with a bias of its own. */
function magnitude(form: InferenceForm, i: number, preAct: number): number {
  const [scale, bias] = ["magnitudeScale", "magnitudeBias"].map(
    (name) => form.extra?.[name]?.data[i] ?? Number.NaN,
  );
  return Math.max(
    Math.exp(scale ?? Number.NaN) * (preAct - (form.encoderBias[i] ?? 0)) + (bias ?? Number.NaN),
    0,
  );
}

/** Latents and reconstruction of one row in plain float64, straight from the definition of the rules. */
function reference(form: InferenceForm, x: readonly number[]): { latents: number[]; xHat: number[] } {
  const row = (matrix: Float32Array, i: number) => [...matrix.subarray(i * dIn, (i + 1) * dIn)];
  const centred = x.map((value, j) => value - (form.subtractDecoderBias ? (form.decoderBias[j] ?? 0) : 0));
  const preActs = Array.from(form.encoderBias, (bias, i) =>
    row(form.encoder, i).reduce((sum, weight, j) => sum + weight * (centred[j] ?? 0), bias),
  );
  const { activation } = form;
  const kept =
    activation.kind === "topk"
      ? new Set(
          preActs
            .map((_, i) => i)
            .sort((a, b) => (preActs[b] ?? 0) - (preActs[a] ?? 0) || a - b)
            .slice(0, activation.k),
        )
      : undefined;
  const latents = preActs.map((value, i) => {
    const isOn = activation.kind === "jumprelu" ? value > (form.threshold?.[i] ?? 0) : (kept?.has(i) ?? true);
    if (activation.kind === "gated") return value > 0 ? magnitude(form, i, value) : 0;
    return isOn ? Math.max(value, 0) : 0;
  });
  const xHat = Array.from(form.decoderBias, (bias, j) =>
    latents.reduce((sum, latent, i) => sum + latent * (row(form.decoder, i)[j] ?? 0), bias),
  );
  return { latents, xHat };
}

function randomForm(
  seed: number,
  activation: InferenceForm["activation"],
  subtractDecoderBias: boolean,
): InferenceForm {
  const random = createRandom(seed);
  const draw = (length: number) => fillNormal(new Float32Array(length), random);
  return {
    dIn,
    dSae,
    encoder: draw(dSae * dIn),
    encoderBias: draw(dSae),
    decoder: draw(dSae * dIn),
    decoderBias: draw(dIn),
    ...(activation.kind === "jumprelu" && { threshold: draw(dSae).map(Math.abs) }),
    ...(activation.kind === "gated" && {
      extra: {
        magnitudeScale: { shape: [dSae], data: draw(dSae) },
        magnitudeBias: { shape: [dSae], data: draw(dSae) },
      },
    }),
    subtractDecoderBias,
    activation,
    madeBy: { architecture: activation.kind, config: {} },
  };
}

const cases = fc.record({
  seed: fc.nat(),
  subtract: fc.boolean(),
  activation: fc.constantFrom(
    { kind: "relu" } as const,
    { kind: "topk", k: 3 } as const,
    { kind: "jumprelu" } as const,
    { kind: "gated" } as const,
  ),
});

suite("foldInputScale()", () => {
  test("gives an SAE that does to raw activations what the trained one does to scaled ones", () => {
    // With a scale of a power of two every product and quotient is exact, and so is the equality.
    const power = fc.integer({ min: -12, max: 12 }).map((exponent) => 2 ** exponent);
    fc.assert(
      fc.property(cases, power, ({ seed, subtract, activation }, scale) => {
        const trained = randomForm(seed, activation, subtract);
        const x = [...fillNormal(new Float32Array(dIn), createRandom(seed, "x"), 3 / scale)];
        const onScaled = reference(
          trained,
          x.map((value) => value * scale),
        );
        const onRaw = reference(foldInputScale(trained, scale), x);
        expect(onRaw.latents.map((latent) => latent * scale)).toEqual(onScaled.latents);
        expect(onRaw.xHat.map((value) => value * scale)).toEqual(onScaled.xHat);
      }),
    );
  });

  test("does so for any scale, up to the rounding of biases to float32", () => {
    const anyScale = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(
      fc.property(cases, anyScale, ({ seed, subtract }, scale) => {
        const trained = randomForm(seed, { kind: "relu" }, subtract);
        const x = [...fillNormal(new Float32Array(dIn), createRandom(seed, "x"), 1 / scale)];
        const onScaled = reference(
          trained,
          x.map((value) => value * scale),
        );
        const onRaw = reference(foldInputScale(trained, scale), x);
        onRaw.xHat.forEach((value, j) => {
          // Sums of some tens of terms of order ten, each off by at most 2^-24 of itself.
          expect(Math.abs(value * scale - (onScaled.xHat[j] ?? 0))).toBeLessThan(1e-4);
        });
      }),
    );
  });

  test("leaves weights, and with them alignment scores, as they are, and its argument alone", () => {
    const trained = randomForm(1, { kind: "jumprelu" }, true);
    const before = structuredClone(trained);
    const folded = foldInputScale(trained, 0.37);
    expect(folded.encoder).toBe(trained.encoder);
    expect(folded.decoder).toBe(trained.decoder);
    expect(trained).toEqual(before);
    const { threshold: _, ...plain } = trained;
    expect("threshold" in foldInputScale(plain, 2)).toBe(false);
  });

  test("divides the magnitude bias of a gated SAE, and leaves its magnitude scale, a factor, alone", () => {
    const trained = randomForm(3, { kind: "gated" }, true);
    const before = structuredClone(trained);
    const { extra } = foldInputScale(trained, 4);
    expect(extra?.magnitudeScale).toBe(trained.extra?.magnitudeScale);
    const bias = trained.extra?.magnitudeBias?.data as Float32Array;
    expect(extra?.magnitudeBias?.data).toEqual(bias.map((value) => value / 4));
    expect(extra?.magnitudeBias?.shape).toEqual([dSae]);
    expect(trained).toEqual(before);
  });

  test("leaves the extra parameters of a custom rule to their architecture", () => {
    const { extra } = randomForm(3, { kind: "gated" }, true);
    const rule = { kind: "custom", architecture: "my-own", config: {} } as const;
    const custom = { ...randomForm(3, { kind: "relu" }, true), activation: rule, ...(extra && { extra }) };
    expect(foldInputScale(custom, 4).extra).toBe(extra);
  });

  test("is undone by the inverse scale", () => {
    for (const kind of ["jumprelu", "gated"] as const) {
      const trained = randomForm(2, { kind }, true);
      expect(foldInputScale(foldInputScale(trained, 8), 1 / 8)).toEqual(trained);
    }
  });

  test("refuses a scale that is none", () => {
    for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => foldInputScale(randomForm(1, { kind: "relu" }, true), scale)).toThrow(
        expect.objectContaining({ code: "bad-scale" }),
      );
    }
  });
});

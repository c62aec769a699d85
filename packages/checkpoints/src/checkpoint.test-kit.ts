import type { ActivationRule, EngineState, InferenceForm, NamedArray } from "@plumbline/core";
import { PlumblineError } from "@plumbline/core";
import fc from "fast-check";

/** Number i of a fixed, irregular sequence of floats. */
const float = (i: number): number => Math.fround(Math.sin(i * 12.9898) * 3);
const floats = (length: number, from: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => float(from + i));

export const rules: readonly ActivationRule[] = [
  { kind: "relu" },
  { kind: "topk", k: 2 },
  { kind: "jumprelu" },
  { kind: "custom", architecture: "my-own", config: { temperature: 0.5, parts: [1, 2] } },
  { kind: "gated" },
];

/** An SAE of width 3 with 4 latents. */
export function exampleForm(activation: ActivationRule = { kind: "relu" }): InferenceForm {
  const [dIn, dSae] = [3, 4];
  return {
    dIn,
    dSae,
    encoder: floats(dSae * dIn, 0),
    encoderBias: floats(dSae, 20),
    decoder: floats(dSae * dIn, 40),
    decoderBias: floats(dIn, 60),
    ...(activation.kind === "jumprelu" && { threshold: floats(dSae, 80) }),
    ...(activation.kind === "gated" && {
      extra: {
        magnitudeBias: { shape: [dSae], data: floats(dSae, 84) },
        magnitudeScale: { shape: [dSae], data: floats(dSae, 88) },
      },
    }),
    ...(activation.kind === "custom" && {
      extra: { gate: { shape: [dSae, 2], data: floats(dSae * 2, 90) }, groups: int32([dSae], [0, 0, 1, 1]) },
    }),
    subtractDecoderBias: true,
    activation,
    madeBy: { architecture: activation.kind, config: { width: 4, auxk: { k: 2, weight: 1 / 32 } } },
  };
}

export function int32(shape: readonly number[], values: readonly number[]): NamedArray {
  return { shape, data: Int32Array.from(values) };
}

/** The state of an engine for {@link exampleForm}. */
export function exampleState(): EngineState {
  return {
    architecture: { name: "topk", config: { k: 2, auxk: 8 } },
    dIn: 3,
    dSae: 4,
    nSteps: 100,
    arrays: {
      "parameter/encoder": { shape: [4, 3], data: floats(12, 100) },
      "parameter/decoder": { shape: [4, 3], data: floats(12, 120) },
      "optimizer/encoder/m": { shape: [4, 3], data: floats(12, 140) },
      "buffer/scale": { shape: [], data: floats(1, 160) },
      "buffer/tokensSinceFired": int32([4], [0, 7, -3, 2 ** 31 - 1]),
    },
  };
}

/** Bit patterns of a float array, which tell −0 from 0 and one NaN from another. */
export function bits(data: Float32Array | Int32Array): readonly number[] {
  return [...new Uint32Array(data.buffer, data.byteOffset, data.length)];
}

/** Any finite float32, −0, subnormals and the largest included. */
export const finiteFloat: fc.Arbitrary<number> = fc.float({ noNaN: true, noDefaultInfinity: true });
export const anyBits: fc.Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** What `work` throws; the value it gives counts as a failure of the test. */
export function thrown(work: () => unknown): PlumblineError {
  let value: unknown;
  try {
    value = work();
  } catch (error) {
    if (PlumblineError.isInstance(error)) return error;
    throw error;
  }
  throw new Error(`expected an error, got ${JSON.stringify(value)?.slice(0, 200)}`);
}

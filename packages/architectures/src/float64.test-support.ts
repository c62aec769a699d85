/**
 * Plain float64 SAEs, token by token from the definitions; nothing is shared with the tensor code. Seeded by an argument of
 * {@link randomSae}.
 */
import { createRandom, type Named, type NamedArray } from "@plumbline/core";
import { type Tensor, tensor, tensor2d } from "@tensorflow/tfjs";

/** Parameters `[dSae, dIn]` and vectors, row-major. */
export interface Sae64 {
  readonly dIn: number;
  readonly dSae: number;
  readonly encoder: Float64Array;
  readonly encoderBias: Float64Array;
  readonly decoder: Float64Array;
  readonly decoderBias: Float64Array;
}

export const parameterNames = ["encoder", "encoderBias", "decoder", "decoderBias"] as const;

export const at = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;

/** Rounded to float32, so that both sides start from the same numbers. */
export function normals(length: number, seed: number, scale = 1): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length }, () => Math.fround(scale * random.normal()));
}

export function randomSae(dIn: number, dSae: number, seed: number): Sae64 {
  return {
    dIn,
    dSae,
    encoder: normals(dSae * dIn, seed, 0.6),
    encoderBias: normals(dSae, seed + 1, 0.2),
    decoder: normals(dSae * dIn, seed + 2, 0.6),
    decoderBias: normals(dIn, seed + 3, 0.3),
  };
}

/** The parameters as float32 tensors. */
export function tensorsOf(sae: Sae64): Record<string, Tensor> {
  const rows = (data: Float64Array): Tensor => tensor2d(Float32Array.from(data), [sae.dSae, sae.dIn]);
  return {
    encoder: rows(sae.encoder),
    encoderBias: tensor(Float32Array.from(sae.encoderBias)),
    decoder: rows(sae.decoder),
    decoderBias: tensor(Float32Array.from(sae.decoderBias)),
  };
}

export function tensorsFrom(arrays: Named<NamedArray>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      tensor(data, [...shape], data instanceof Int32Array ? "int32" : "float32"),
    ]),
  );
}

/** Encoder output of one token. */
export function preActs64(sae: Sae64, x: ArrayLike<number>): number[] {
  return Array.from({ length: sae.dSae }, (_, i) => {
    let sum = at(sae.encoderBias, i);
    for (let j = 0; j < sae.dIn; j++)
      sum += (at(x, j) - at(sae.decoderBias, j)) * at(sae.encoder, i * sae.dIn + j);
    return sum;
  });
}

/** The k largest kept, ties to the lower index, negatives to zero. */
export function topK64(preActs: readonly number[], k: number): number[] {
  const order = preActs.map((_, i) => i).sort((a, b) => at(preActs, b) - at(preActs, a) || a - b);
  const kept = new Set(order.slice(0, k));
  return preActs.map((value, i) => (kept.has(i) ? Math.max(value, 0) : 0));
}

/** Σ latents · decoder rows, plus the bias where `bias` says so. */
export function decode64(sae: Sae64, latents: readonly number[], bias: boolean): number[] {
  return Array.from({ length: sae.dIn }, (_, j) =>
    latents.reduce(
      (sum, value, i) => sum + value * at(sae.decoder, i * sae.dIn + j),
      bias ? at(sae.decoderBias, j) : 0,
    ),
  );
}

/** Tokens of a flat batch. */
export function tokensOf(x: ArrayLike<number>, dIn: number): number[][] {
  return Array.from({ length: x.length / dIn }, (_, t) =>
    Array.from({ length: dIn }, (_, j) => at(x, t * dIn + j)),
  );
}

/** Σ over tokens and dimensions of squared differences from the mean token. */
export function spread(tokens: readonly (readonly number[])[]): number {
  const mean = (tokens[0] ?? []).map((_, j) => tokens.reduce((s, t) => s + at(t, j), 0) / tokens.length);
  return tokens.reduce((s, token) => s + token.reduce((r, value, j) => r + (value - at(mean, j)) ** 2, 0), 0);
}

export const squares = (tokens: readonly (readonly number[])[]): number =>
  tokens.reduce((s, token) => s + token.reduce((r, value) => r + value * value, 0), 0);

export const residuals = (x: readonly number[][], xHat: readonly number[][]): number[][] =>
  x.map((token, t) => token.map((value, j) => value - at(xHat[t] ?? [], j)));

/** Calls `check` with the central difference of `loss` in every coordinate of every parameter. */
export function differences(
  sae: Sae64,
  loss: (changed: Sae64) => number,
  check: (name: (typeof parameterNames)[number], i: number, difference: number) => void,
): void {
  const step = 1e-6;
  for (const name of parameterNames) {
    sae[name].forEach((original, i) => {
      const shifted = (delta: number): number => {
        const moved = sae[name].slice();
        moved[i] = original + delta;
        return loss({ ...sae, [name]: moved });
      };
      check(name, i, (shifted(step) - shifted(-step)) / (2 * step));
    });
  }
}

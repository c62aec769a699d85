import type { InferenceForm } from "@plumbline/core";

/** An SAE of two inputs and three latents, small enough to compute by hand; {@link workedRow} does. */
export const workedForm: InferenceForm = {
  dIn: 2,
  dSae: 3,
  encoder: Float32Array.of(1, 0, 0, 1, 1, 1),
  encoderBias: Float32Array.of(0, 0, -1),
  decoder: Float32Array.of(1, 0, 0, 1, 0.5, 0.5),
  decoderBias: Float32Array.of(1, 0),
  subtractDecoderBias: true,
  activation: { kind: "topk", k: 2 },
  madeBy: { architecture: "topk", config: {} },
};

/** One row for {@link workedForm}, its latents and its reconstruction. */
export const workedRow: {
  readonly row: Float32Array;
  readonly indices: readonly number[];
  readonly values: readonly number[];
  readonly xHat: readonly number[];
} = {
  // Centered (2, 3): preActs (2, 3, 4); the two largest are latents 1 and 2.
  row: Float32Array.of(3, 3),
  indices: [1, 2],
  values: [3, 4],
  // 3 · (0, 1) + 4 · (0.5, 0.5) + (1, 0).
  xHat: [3, 5],
};

import {
  add,
  matMul,
  neg,
  reshape,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  transpose,
} from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";

/** An affine encoder over a batch of data. */
export interface EncoderInput {
  /** [B, D] data; no gradient flows into it */
  readonly x_BD: Tensor2D;
  /** [F, D] one latent a row */
  readonly encoder_FD: Tensor2D;
  /** [F] */
  readonly encoderBias_F: Tensor1D;
  /** [D] subtracted from x first */
  readonly center_D: Tensor1D;
}

/** −(dBias · encoder): the gradient of the center, by one vector-matrix product instead of one a token. */
export function centerGradient(dBias_F: Tensor1D, encoder_FD: Tensor2D): Tensor1D {
  const nLatents = dBias_F.shape[0];
  return neg(reshape(matMul(reshape(dBias_F, [1, nLatents]), encoder_FD), [encoder_FD.shape[1]]));
}

/**
 * Encoder output before the activation function: `preActs = (x − center) · encoderᵀ + encoderBias`, `[B, F]`.
 *
 * Gradients flow to encoder, bias and center; x is data. Transposes are explicit, because the transpose flags of tfjs's
 * wasm `matMul` take a path that is tens of times slower.
 *
 * @returns `[B, F]`, disposed by the caller
 */
export function preActivations(input: EncoderInput): Tensor2D {
  const { x_BD, encoder_FD, encoderBias_F, center_D } = input;
  return differentiable({
    inputs: [encoder_FD, encoderBias_F, center_D],
    constants: [x_BD],
    forward: () => add(matMul(sub(x_BD, center_D), transpose(encoder_FD)), encoderBias_F) as Tensor2D,
    gradient: (dy_BF, [encoder, , center], [x]) => {
      const dBias_F = sum(dy_BF, 0) as Tensor1D;
      const centered_BD = sub(x as Tensor2D, center as Tensor1D) as Tensor2D;
      return [
        matMul(transpose(dy_BF) as Tensor2D, centered_BD),
        dBias_F,
        centerGradient(dBias_F, encoder as Tensor2D),
      ];
    },
  });
}

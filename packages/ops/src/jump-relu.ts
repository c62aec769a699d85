import {
  abs,
  cast,
  div,
  greater,
  less,
  mul,
  neg,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";

/** 1 where `preActs > threshold`, else 0. */
function fires(preActs_BF: Tensor2D, threshold_F: Tensor1D): Tensor2D {
  return cast(greater(preActs_BF, threshold_F), "float32") as Tensor2D;
}

/** The rectangle kernel: 1 where |preActs − threshold| < bandwidth / 2, else 0; the borders are outside. */
function kernel(preActs_BF: Tensor2D, threshold_F: Tensor1D, bandwidth: number): Tensor2D {
  return cast(less(abs(sub(preActs_BF, threshold_F)), bandwidth / 2), "float32") as Tensor2D;
}

/**
 * JumpReLU activation: `preActs` where `preActs > threshold`, else 0. Strict: at the threshold itself it is 0.
 *
 * The gradient to pre-activations passes where a latent fires. The threshold gets the straight-through pseudo-gradient
 * `−(threshold / ε) · K((preActs − threshold) / ε)` with the rectangle kernel K and bandwidth ε.
 *
 * @param preActs_BF `[B, F]`
 * @param threshold_F `[F]`, above 0
 * @param options.bandwidth ε, in units of pre-activations
 * @source Rajamanoharan et al. 2024, "Jumping ahead", eq. 11
 */
export function jumpRelu(
  preActs_BF: Tensor2D,
  threshold_F: Tensor1D,
  options: { bandwidth: number },
): Tensor2D {
  const { bandwidth } = options;
  return differentiable({
    inputs: [preActs_BF, threshold_F],
    forward: () => mul(preActs_BF, fires(preActs_BF, threshold_F)) as Tensor2D,
    gradient: (dy_BF, inputs) => {
      const [z, theta] = inputs as [Tensor2D, Tensor1D];
      const near_F = sum(mul(kernel(z, theta, bandwidth), dy_BF), 0) as Tensor1D;
      return [mul(dy_BF, fires(z, theta)), neg(mul(div(theta, bandwidth), near_F)) as Tensor];
    },
  });
}

/**
 * Heaviside step of pre-activations over their thresholds: 1 where `preActs > threshold`, else 0; its sum over latents is L0.
 *
 * No gradient reaches pre-activations. The threshold gets `−(1 / ε) · K((preActs − threshold) / ε)`.
 *
 * @source Rajamanoharan et al. 2024, "Jumping ahead", eq. 12
 */
export function stepOver(
  preActs_BF: Tensor2D,
  threshold_F: Tensor1D,
  options: { bandwidth: number },
): Tensor2D {
  const { bandwidth } = options;
  return differentiable({
    inputs: [threshold_F],
    constants: [preActs_BF],
    forward: () => fires(preActs_BF, threshold_F),
    gradient: (dy_BF, [theta], [z]) => {
      const near_F = sum(mul(kernel(z as Tensor2D, theta as Tensor1D, bandwidth), dy_BF), 0);
      return [neg(div(near_F, bandwidth)) as Tensor];
    },
  });
}

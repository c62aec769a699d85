import {
  div,
  exp,
  log,
  maximum,
  mul,
  reshape,
  step,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";

/** Stands in for zeros under a logarithm; where it stands, the result is masked out. */
const tiny = 1e-30;

/** `v^p` where v > 0, else 0; `exp(p · log v)`, since tfjs's pow of a fractional exponent is not the same on all backends. */
function powerOfPositive(values: Tensor, p: number): Tensor {
  return mul(exp(mul(log(maximum(values, tiny)), p)), step(values));
}

/**
 * Sum over latents of `latents^p`, one number a token: `[B]`.
 *
 * For p < 1 the slope `p · latents^(p − 1)` is unbounded towards 0; silent latents have gradient 0, by selection and not by a
 * product with a mask, which would give NaN.
 *
 * @param latents_BF `[B, F]`, at least 0
 * @param options.p above 0, at most 1
 * @source Karvonen et al. 2024, "Measuring progress in dictionary learning" (p-annealing)
 */
export function lpPower(latents_BF: Tensor2D, options: { p: number }): Tensor1D {
  const { p } = options;
  return differentiable({
    inputs: [latents_BF],
    forward: () => sum(powerOfPositive(latents_BF, p), 1) as Tensor1D,
    gradient: (dy_B, [latents]) => {
      const slopes = mul(powerOfPositive(latents as Tensor2D, p - 1), p);
      return [mul(slopes, reshape(dy_B, [dy_B.shape[0], 1]))];
    },
  });
}

/**
 * The p-norm of each token's latents, `(Σ latents^p)^(1/p)`: `[B]`. A token without a firing latent has norm and gradient 0.
 *
 * @param options.p above 0, at most 1
 */
export function lpNorm(latents_BF: Tensor2D, options: { p: number }): Tensor1D {
  const { p } = options;
  return tidy(() => {
    const power_B = lpPower(latents_BF, options);
    return differentiable({
      inputs: [power_B],
      forward: () => powerOfPositive(power_B, 1 / p) as Tensor1D,
      gradient: (dy_B, [power]) => [mul(dy_B, div(powerOfPositive(power as Tensor, 1 / p - 1), p))],
    });
  });
}

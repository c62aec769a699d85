import { detach, type EncoderInput, largest, selectPreActivations, sparseDecode } from "@plumbline/ops";
import {
  div,
  maximum,
  mean,
  mul,
  relu,
  square,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  zeros,
} from "@tensorflow/tfjs-core";

/** Keeps the division below defined; where the variance is that small the term is switched off. */
const tinyVariance = 1e-30;

/**
 * AuxK: reconstructs the residual from the `k` strongest dead latents of each token, so that they get a gradient again.
 *
 * `Σ‖r − r̂‖² / Σ‖r − mean r‖²` over the batch, with r = x − x̂ detached and r̂ decoded without bias. Zero where no latent is
 * dead or the residual has no variance.
 *
 * @param options.preActs_BF [B, F] of all latents
 * @param options.dead_F [F], 1 for dead latents, else 0
 * @returns a scalar, weight not included
 * @source Gao et al. 2024, section A.2; normalized as in dictionary_learning
 */
export function auxk(options: {
  encoder: EncoderInput;
  decoder_FD: Tensor2D;
  preActs_BF: Tensor2D;
  residual_BD: Tensor2D;
  dead_F: Tensor1D;
  k: number;
}): Tensor {
  const { encoder, decoder_FD, preActs_BF, residual_BD, dead_F, k } = options;
  // Alive latents read as 0 here, so they can be chosen but pass neither a value nor a gradient through the ReLU.
  const selection = largest(mul(preActs_BF, dead_F) as Tensor2D, { k });
  const values_BK = relu(selectPreActivations(encoder, selection));
  const decoderBias_D = zeros([decoder_FD.shape[1]]) as Tensor1D;
  const rebuilt_BD = sparseDecode({ ...selection, values_BK }, { decoder_FD, decoderBias_D });
  const target_BD = detach(residual_BD);
  const variance = sum(square(sub(target_BD, mean(target_BD, 0, true))));
  const anyDead = step(sum(dead_F));
  const ratio = div(sum(square(sub(target_BD, rebuilt_BD))), maximum(variance, tinyVariance));
  return mul(ratio, mul(anyDead, step(variance)));
}

import { type ArchitectureFactory, defineArchitecture } from "@plumbline/core";
import { denseDecode } from "@plumbline/ops";
import { sub, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { squaredError } from "../shared/reconstruction.ts";
import { batchTopKBase, type Reconstruction } from "./batch-topk-base.ts";
import { type BatchTopKConfig, batchTopKSchema } from "./config.ts";

/** From all latents at once. */
const whole: Reconstruction = (x_BD, latents_BF, decoder) => {
  const residual_BD = sub(x_BD, denseDecode(latents_BF, decoder)) as Tensor2D;
  return { term: squaredError(residual_BD), residual_BD };
};

/**
 * BatchTopK sparse autoencoder: the `k · B` largest latents of a batch are kept, so that tokens share a budget.
 *
 * Loss `mean_B Σ_D (x − x̂)²`, with AuxK added where `auxkCoefficient` is above 0. At inference a latent is kept over one threshold
 * for all, an average over batches of the smallest latent kept; the saved form is a JumpReLU SAE.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured, `k-too-large` when an engine is made
 * @source Bussmann et al. 2024, "BatchTopK sparse autoencoders" (arXiv 2412.06410)
 * @example
 * import { batchTopK } from "@plumbline/architectures";
 *
 * console.log(batchTopK({ k: 40 }).config.thresholdAverage); // corrected
 */
export const batchTopK: ArchitectureFactory<Tensor, BatchTopKConfig> = defineArchitecture<
  Tensor,
  BatchTopKConfig
>({
  name: "batch-topk",
  description: "the k · B largest latents of a batch are kept; at inference, those over a threshold",
  schema: batchTopKSchema,
  build: (config) => ({
    ...batchTopKBase(config, { name: "batch-topk", reconstruct: whole }),
    fused: { activation: "batch-topk", rowMap: "none", details: { ...config } },
  }),
});

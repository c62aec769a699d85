import { type ArchitectureFactory, defineArchitecture } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { l1 } from "../relu/relu.ts";
import { type GatedConfig, gatedSchema } from "./config.ts";
import { gatedBase } from "./gated-base.ts";

/**
 * Gated sparse autoencoder: one direction decides whether a latent fires, a scaled copy of it how strongly.
 *
 * `shared = (x − decoderBias) · encoderᵀ`, `gate = shared + gateBias`, `latents = 1[gate > 0] · ReLU(exp(magnitudeScale) · shared +
 * magnitudeBias)`; loss `mean_B Σ_D (x − x̂)² + sparsityCoefficient · mean_B Σ_F ReLU(gate) + mean_B Σ_D (x − (ReLU(gate) · decoder +
 * decoderBias))²`, where the decoder and its bias in the last term get no gradient.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured
 * @source Rajamanoharan et al. 2024, "Improving dictionary learning with gated sparse autoencoders" (arXiv 2404.16014)
 * @example
 * import { gated } from "@plumbline/architectures";
 *
 * console.log(gated().config.auxiliaryDecoder); // frozen
 */
export const gated: ArchitectureFactory<Tensor, GatedConfig> = defineArchitecture<Tensor, GatedConfig>({
  name: "gated",
  description: "one direction gates a latent, a scaled copy of it gives its strength; L1 on open gates",
  schema: gatedSchema,
  build: (config) => gatedBase(config, l1),
});

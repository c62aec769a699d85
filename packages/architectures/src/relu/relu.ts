import { type ArchitectureFactory, defineArchitecture } from "@plumbline/core";
import { div, mul, sum, type Tensor } from "@tensorflow/tfjs-core";
import { type ReluConfig, reluSchema } from "./config.ts";
import { type Penalty, reluBase } from "./relu-base.ts";

/** `sparsityCoefficient · mean_B Σ_F latents`. */
export const l1: Penalty = {
  controls: ["sparsityCoefficient"],
  statistics: [],
  term: (latents_BF, scalars) => ({
    term: mul(div(sum(latents_BF), latents_BF.shape[0]), scalars.sparsityCoefficient ?? Number.NaN),
    statistics: {},
  }),
};

/**
 * ReLU sparse autoencoder with an L1 penalty.
 *
 * `latents = ReLU((x − decoderBias) · encoderᵀ + encoderBias)`, `x̂ = latents · decoder + decoderBias`; loss
 * `mean_B Σ_D (x − x̂)² + sparsityCoefficient · mean_B Σ_F latents`, latents weighted by decoder norms in the penalty where
 * those are free. The coefficient is a control: a schedule or a fixed scalar supplies it.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured
 * @source Bricken et al. 2023, "Towards monosemanticity" (unit rows); Conerly et al. April 2024 (free rows)
 * @example
 * import { relu } from "@plumbline/architectures";
 *
 * console.log(relu().controls.join()); // sparsityCoefficient
 */
export const relu: ArchitectureFactory<Tensor, ReluConfig> = defineArchitecture<Tensor, ReluConfig>({
  name: "relu",
  description: "ReLU latents with an L1 penalty, decoder rows of norm 1 or free",
  schema: reluSchema,
  build: (config) => ({
    ...reluBase(config, l1),
    fused: {
      activation: "relu",
      rowMap: "none",
      details: { penalty: "l1", ...config },
    },
  }),
});

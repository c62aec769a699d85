import { type ArchitectureFactory, type ConfigSchema, defineArchitecture } from "@plumbline/core";
import { detach } from "@plumbline/ops";
import { mul, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { encoderBiasInitField, type ReluConfig } from "../relu/config.ts";
import { type Penalty, reluBase } from "../relu/relu-base.ts";
import { commonFields } from "../shared/fields.ts";
import {
  annealedControls,
  annealedStatisticNames,
  lpPenalty,
  type SparsityFunction,
} from "../shared/lp-penalty.ts";

/** Configuration of `p-anneal`. */
export interface PAnnealConfig extends ReluConfig {
  readonly sparsityFunction: SparsityFunction;
}

export const sparsityFunctionField: z.ZodType<SparsityFunction> = z
  .enum(["lp-power", "lp-norm"])
  .default("lp-power")
  .describe("lp-power: Σ latents^p; lp-norm: (Σ latents^p)^(1/p); averaged over tokens");

const pAnnealSchema: ConfigSchema<PAnnealConfig> = z.strictObject({
  sparsityFunction: sparsityFunctionField,
  encoderBiasInit: encoderBiasInitField,
  ...commonFields,
});

/** `sparsityCoefficient · s(p)`, with s(p) and s(nextP) reported for the schedule. */
export function annealedPenalty(form: SparsityFunction): Penalty {
  return {
    controls: annealedControls,
    statistics: annealedStatisticNames,
    term: (latents_BF, scalars) => {
      const { p = Number.NaN, nextP = Number.NaN, sparsityCoefficient = Number.NaN } = scalars;
      const penaltyAtP = lpPenalty(latents_BF, { p, form });
      const still_BF = detach(latents_BF) as Tensor2D;
      const penaltyAtNextP = lpPenalty(still_BF, { p: nextP, form });
      return { term: mul(penaltyAtP, sparsityCoefficient), statistics: { penaltyAtP, penaltyAtNextP } };
    },
  };
}

/**
 * ReLU sparse autoencoder under a penalty whose power p falls from 1 towards 0 in training, so that it ends near L0.
 *
 * `loss = mean_B Σ_D (x − x̂)² + sparsityCoefficient · s(p)`, with `s(p) = mean_B Σ_F latents^p` or its p-th root. p, the next p
 * and the coefficient are controls; the schedule `pAnnealing` supplies all three and keeps `coefficient · s` continuous
 * when p changes.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured
 * @source Karvonen et al. 2024 (arXiv 2408.00113)
 * @example
 * import { pAnneal } from "@plumbline/architectures";
 *
 * console.log(pAnneal().controls.join()); // sparsityCoefficient,p,nextP
 */
export const pAnneal: ArchitectureFactory<Tensor, PAnnealConfig> = defineArchitecture<Tensor, PAnnealConfig>({
  name: "p-anneal",
  description: "ReLU latents under a penalty on latents^p, p falling from 1 in training",
  schema: pAnnealSchema,
  build: (config) => ({
    ...reluBase(config, annealedPenalty(config.sparsityFunction)),
    fused: {
      activation: "relu",
      rowMap: "none",
      details: { penalty: config.sparsityFunction, ...config },
    },
  }),
});

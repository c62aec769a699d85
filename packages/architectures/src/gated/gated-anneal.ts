import { type ArchitectureFactory, type ConfigSchema, defineArchitecture } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { annealedPenalty, sparsityFunctionField } from "../p-anneal/p-anneal.ts";
import { commonFields } from "../shared/fields.ts";
import type { SparsityFunction } from "../shared/lp-penalty.ts";
import { type GatedConfig, gatedFields } from "./config.ts";
import { gatedBase } from "./gated-base.ts";

/** Configuration of `gated-anneal`. */
export interface GatedAnnealConfig extends GatedConfig {
  readonly sparsityFunction: SparsityFunction;
}

const gatedAnnealSchema: ConfigSchema<GatedAnnealConfig> = z.strictObject({
  sparsityFunction: sparsityFunctionField,
  ...gatedFields,
  ...commonFields,
});

/**
 * A gated sparse autoencoder whose penalty on open gates is annealed: `gated` with the penalty of `p-anneal`.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured
 * @source Karvonen et al. 2024 (arXiv 2408.00113), as in dictionary_learning's gated-anneal trainer
 */
export const gatedAnneal: ArchitectureFactory<Tensor, GatedAnnealConfig> = defineArchitecture<
  Tensor,
  GatedAnnealConfig
>({
  name: "gated-anneal",
  description: "gated latents under a penalty on ReLU(gate)^p, p falling from 1 in training",
  schema: gatedAnnealSchema,
  build: (config) => gatedBase(config, annealedPenalty(config.sparsityFunction)),
});

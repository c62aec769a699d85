import {
  type ArchitectureFactory,
  type ConfigSchema,
  defineArchitecture,
  PlumblineError,
} from "@plumbline/core";
import { denseDecode } from "@plumbline/ops";
import {
  add,
  addN,
  mul,
  slice,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { z } from "zod";
import { batchTopKBase, type Reconstruction } from "../batch-topk/batch-topk-base.ts";
import { type BatchTopKConfig, batchTopKFields } from "../batch-topk/config.ts";
import { squaredError } from "../shared/reconstruction.ts";

/** Configuration of `matryoshka-batch-topk`. */
export interface MatryoshkaConfig extends BatchTopKConfig {
  /** shares of the latents in each group, from the first latents on; the last group takes what rounding leaves */
  readonly groupFractions: readonly number[];
  /** weight of each prefix's squared error; empty means 1 / groups each, the mean over prefixes */
  readonly prefixWeights: readonly number[];
}

const matryoshkaSchema: ConfigSchema<MatryoshkaConfig> = z
  .strictObject({
    groupFractions: z
      .array(z.number().positive())
      .min(1)
      .default([1 / 32, 1 / 16, 1 / 8, 1 / 4, 17 / 32])
      .describe("shares of the latents in each group, from the first latents on; they sum to 1"),
    prefixWeights: z
      .array(z.number().min(0))
      .default([])
      .describe("weight of each prefix's squared error; empty means 1 / groups each"),
    ...batchTopKFields,
  })
  .refine((config) => Math.abs(config.groupFractions.reduce((a, b) => a + b, 0) - 1) < 1e-6, {
    path: ["groupFractions"],
    message: "expected fractions that sum to 1",
  })
  .refine(({ prefixWeights, groupFractions }) => [0, groupFractions.length].includes(prefixWeights.length), {
    path: ["prefixWeights"],
    message: "expected one weight for each group, or none",
  });

/** Sizes of the groups: each fraction's whole part, the last group takes the rest. */
export function groupSizes(fractions: readonly number[], dSae: number): number[] {
  // A fraction written as n / dSae must give n, which its rounded product may just miss.
  const sizes = fractions.slice(0, -1).map((fraction) => Math.floor(fraction * dSae + 1e-9));
  return [...sizes, dSae - sizes.reduce((a, b) => a + b, 0)];
}

/** Weighted squared errors of the reconstructions from the first group, the first two, and so on. */
function prefixes(config: MatryoshkaConfig): Reconstruction {
  const { groupFractions, prefixWeights } = config;
  const weights =
    prefixWeights.length > 0 ? prefixWeights : groupFractions.map(() => 1 / groupFractions.length);
  return (x_BD, latents_BF, { decoder_FD, decoderBias_D }) => {
    const [nTokens] = latents_BF.shape;
    const [dSae, dIn] = decoder_FD.shape;
    const noBias_D = zerosLike(decoderBias_D) as Tensor1D;
    const terms: Tensor[] = [];
    let start = 0;
    let xHat_BD: Tensor = decoderBias_D;
    let residual_BD = x_BD;
    groupSizes(groupFractions, dSae).forEach((size, group) => {
      const latents = slice(latents_BF, [0, start], [nTokens, size]);
      const rows = slice(decoder_FD, [start, 0], [size, dIn]);
      xHat_BD = add(denseDecode(latents, { decoder_FD: rows, decoderBias_D: noBias_D }), xHat_BD);
      residual_BD = sub(x_BD, xHat_BD) as Tensor2D;
      terms.push(mul(squaredError(residual_BD), weights[group] ?? 0));
      start += size;
    });
    return { term: addN(terms), residual_BD };
  };
}

function checkGroups(config: MatryoshkaConfig, dSae: number): void {
  const sizes = groupSizes(config.groupFractions, dSae);
  if (sizes.some((size) => size < 1)) {
    throw new PlumblineError({
      code: "empty-group",
      kind: "usage",
      message: `[architectures] matryoshka-batch-topk: expected at least one latent in each group, got ${sizes.join(", ")} of ${dSae}`,
      where: "key architecture.groupFractions",
      hint: "use fewer groups or a larger dSae",
    });
  }
}

/**
 * Matryoshka BatchTopK: nested dictionaries. The first latents must reconstruct alone, the next add to them, so that general
 * latents are not absorbed by special ones.
 *
 * One BatchTopK over all latents; loss `Σ_i weight_i · mean_B Σ_D (x − x̂_i)²`, where x̂_i uses the first i groups and the decoder bias;
 * AuxK on the whole reconstruction's residual where `auxkCoefficient` is above 0.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured, `k-too-large` and `empty-group` when an engine is made
 * @source Bussmann et al. 2025, "Learning multi-level features with Matryoshka sparse autoencoders" (arXiv 2503.17547)
 * @example
 * import { matryoshkaBatchTopK } from "@plumbline/architectures";
 *
 * console.log(matryoshkaBatchTopK({ groupFractions: [0.25, 0.75] }).name); // matryoshka-batch-topk
 */
export const matryoshkaBatchTopK: ArchitectureFactory<Tensor, MatryoshkaConfig> = defineArchitecture<
  Tensor,
  MatryoshkaConfig
>({
  name: "matryoshka-batch-topk",
  description: "nested groups of latents, each prefix reconstructs; BatchTopK over all",
  schema: matryoshkaSchema,
  build: (config) => ({
    ...batchTopKBase(config, {
      name: "matryoshka-batch-topk",
      reconstruct: prefixes(config),
      check: (dSae) => checkGroups(config, dSae),
    }),
    fused: { activation: "batch-topk", rowMap: "none", details: { ...config } },
  }),
});

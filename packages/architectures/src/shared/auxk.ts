import {
  detach,
  type EncoderInput,
  gatherSelected,
  largest,
  selectPreActivations,
  sparseDecode,
} from "@plumbline/ops";
import {
  add,
  div,
  maximum,
  mean,
  minimum,
  mul,
  relu,
  square,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { z } from "zod";
import type { Firing } from "./firing.ts";

/** Configuration keys of the AuxK term, shared by the TopK family. */
export interface AuxkConfig {
  /** weight of the AuxK term; 0 leaves it out */
  readonly auxkCoefficient: number;
  /** dead latents that AuxK reconstructs the residual with, per token; 0 means half of dIn */
  readonly auxk: number;
  /**
   * `normalized`: strongest dead latents, divided by the variance of the residual (dictionary_learning). `scaled`: strongest
   * dead pre-activations, negative ones included, times min(dead / auxk, 1) (SAELens from 6.36.2).
   * `scaled-with-bias-defect`: the same with the decoder bias added to the rebuilt residual (SAELens to 6.36.1).
   */
  readonly auxkForm: "normalized" | "scaled" | "scaled-with-bias-defect";
}

/** Schemas of {@link AuxkConfig}, to be spread into an architecture's own. */
export const auxkFields: { readonly [K in keyof AuxkConfig]: z.ZodType<AuxkConfig[K]> } = {
  auxkCoefficient: z
    .number()
    .min(0)
    .default(0)
    .describe("weight of the AuxK term; 0 leaves it out, 1/32 is usual"),
  auxk: z
    .int()
    .min(0)
    .default(0)
    .describe("dead latents that AuxK reconstructs the residual with, per token; 0 means half of dIn"),
  auxkForm: z
    .enum(["normalized", "scaled", "scaled-with-bias-defect"])
    .default("normalized")
    .describe(
      "normalized: dictionary_learning's; scaled: SAELens's; scaled-with-bias-defect: SAELens up to 6.36.1",
    ),
};

/** Ranks alive latents below every dead one. */
const neverChosen = 1e30;

/** Keeps the division below defined; where the variance is that small the term is switched off. */
const tinyVariance = 1e-30;

/** What {@link auxkTerm} needs of a step. */
export interface AuxkInput {
  readonly config: AuxkConfig;
  readonly encoder: EncoderInput;
  readonly decoder_FD: Tensor2D;
  readonly decoderBias_D: Tensor1D;
  readonly preActs_BF: Tensor2D;
  /** what dead latents are ranked by; `preActs_BF` unless decoder norms count */
  readonly ranking_BF: Tensor2D;
  readonly residual_BD: Tensor2D;
  readonly firing: Firing;
}

/** The residual rebuilt from the strongest dead latents of each token. */
function rebuild(input: AuxkInput, dead_F: Tensor1D, k: number): Tensor2D {
  const { config, encoder, decoder_FD, preActs_BF, ranking_BF } = input;
  const onlyDead_BF = add(mul(ranking_BF, dead_F), mul(sub(dead_F, 1), neverChosen)) as Tensor2D;
  const ranked = largest(onlyDead_BF, { k });
  const isDead_BK = detach(step(add(ranked.values_BK, neverChosen / 2)) as Tensor2D);
  const values_BK = gatherSelected(preActs_BF, ranked.indices_BK);
  const chosen_BK = selectPreActivations(encoder, { ...ranked, values_BK });
  const passed_BK = config.auxkForm === "normalized" ? relu(chosen_BK) : chosen_BK;
  const latents = { ...ranked, values_BK: mul(passed_BK, isDead_BK) as Tensor2D };
  const withBias = config.auxkForm === "scaled-with-bias-defect";
  const decoderBias_D = withBias ? input.decoderBias_D : (zerosLike(input.decoderBias_D) as Tensor1D);
  return sparseDecode(latents, { decoder_FD, decoderBias_D });
}

/**
 * AuxK: reconstructs the residual from the `auxk` strongest dead latents of each token, so that they get a gradient again.
 * The residual is a target without gradient. Zero where no latent is dead.
 *
 * `normalized`: `Σ‖r − r̂‖² / Σ‖r − mean r‖²` over the batch. `scaled`: `mean_B ‖r − r̂‖² · min(dead / auxk, 1)`.
 *
 * @returns terms to spread into a loss: `auxk`, weight included, or nothing where the coefficient is 0
 * @source Gao et al. 2024, section A.2; forms as in dictionary_learning and SAELens
 */
export function auxkTerm(input: AuxkInput): { readonly auxk?: Tensor } {
  const { config, residual_BD, firing } = input;
  if (config.auxkCoefficient === 0) return {};
  const [nTokens, dIn] = residual_BD.shape;
  const wanted = config.auxk === 0 ? Math.max(1, Math.floor(dIn / 2)) : config.auxk;
  const k = Math.min(wanted, input.decoder_FD.shape[0]);
  const normalized = config.auxkForm === "normalized";
  const dead_F = normalized ? firing.dead_F : firing.deadBefore_F;
  const nDead = sum(dead_F);
  const target_BD = detach(residual_BD);
  const error = sum(square(sub(target_BD, rebuild(input, dead_F, k))));
  if (!normalized) {
    const share = minimum(div(nDead, wanted), 1);
    return { auxk: mul(mul(div(error, nTokens), share), config.auxkCoefficient) };
  }
  const variance = sum(square(sub(target_BD, mean(target_BD, 0, true))));
  const applies = mul(step(nDead), step(variance));
  // Switched off before the division, which may leave float32.
  return { auxk: mul(div(mul(error, applies), maximum(variance, tinyVariance)), config.auxkCoefficient) };
}

import type { LossInput, LossOutput } from "@plumbline/core";
import {
  firingCounts,
  gatherSelected,
  largest,
  preActivations,
  type Selection,
  selectPreActivations,
  sparseDecode,
} from "@plumbline/ops";
import { div, mul, relu, step, sub, sum, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { auxkTerm } from "../shared/auxk.ts";
import { decoderNorms } from "../shared/decoder-norm.ts";
import { deadCount, nextFiring } from "../shared/firing.ts";
import { decoderOf, encoderOf } from "../shared/parameters.ts";
import { batchExplainedVariance, squaredError } from "../shared/reconstruction.ts";
import type { TopKConfig } from "./config.ts";

/** Whether latents are ranked by value times row norm. */
export function ranksByNorm(config: Pick<TopKConfig, "decoderRows" | "rankByDecoderNorm">): boolean {
  return config.decoderRows === "free" && config.rankByDecoderNorm;
}

/** k of this step: the control where it is annealed, a whole number in 1 … dSae. */
function kOf(config: TopKConfig, scalars: Readonly<Record<string, number>>, dSae: number): number {
  if (!config.annealK) return config.k;
  return Math.max(1, Math.min(dSae, Math.trunc(scalars.k ?? config.k)));
}

/** Pre-activations of what was chosen by value times norm; 0 where a row without a norm ranks its latent at 0. */
function valuesOf(preActs_BF: Tensor2D, ranked: Selection): Tensor2D {
  return mul(gatherSelected(preActs_BF, ranked.indices_BK), step(ranked.values_BK)) as Tensor2D;
}

/**
 * Loss of `topk`. Decoder norms enter by the ranking alone: multiplying latents by the norm and dividing by it again before
 * decoding, as SAELens writes it, cancels in value and gradient.
 */
export function topKLoss(config: TopKConfig, input: LossInput<Tensor>): LossOutput<Tensor> {
  const { parameters, buffers, scalars } = input;
  const x = input.x_BD as Tensor2D;
  const nTokens = x.shape[0];
  const encoder = encoderOf(parameters, x);
  const decoder = decoderOf(parameters);
  const { decoder_FD, decoderBias_D } = decoder;
  const dSae = decoder_FD.shape[0];
  const preActs_BF = preActivations(encoder);
  const byNorm = ranksByNorm(config);
  const ranking_BF = byNorm ? (mul(preActs_BF, decoderNorms(decoder_FD)) as Tensor2D) : preActs_BF;
  const ranked = largest(ranking_BF, { k: kOf(config, scalars, dSae) });
  const chosen = byNorm ? { ...ranked, values_BK: valuesOf(preActs_BF, ranked) } : ranked;
  const latents = { ...chosen, values_BK: relu(selectPreActivations(encoder, chosen)) };
  const residual_BD = sub(x, sparseDecode(latents, decoder)) as Tensor2D;
  const fired_F = firingCounts(chosen, { dSae });
  const firing = nextFiring({ buffers, fired_F, nTokens, deadAfterTokens: config.deadAfterTokens });
  return {
    terms: {
      reconstruction: squaredError(residual_BD),
      ...auxkTerm({
        config,
        encoder,
        decoder_FD,
        decoderBias_D,
        preActs_BF,
        ranking_BF,
        residual_BD,
        firing,
      }),
    },
    statistics: {
      l0: div(sum(step(chosen.values_BK)), nTokens),
      deadLatents: deadCount(firing.dead_F),
      explainedVariance: batchExplainedVariance(x, residual_BD),
    },
    buffers: firing.buffers,
  };
}

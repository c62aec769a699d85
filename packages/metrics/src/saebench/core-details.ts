import { PlumblineError } from "@plumbline/core";
import type { PeerSparsityResult } from "../sparsity/peer-sparsity.ts";
import type { MetricValue } from "../values/metric-value.ts";
import type { SaeBenchCoreDetail } from "./core-schema.ts";
import { roundAsPython } from "./round-as-python.ts";
import type { SaeBenchWeightStatistics } from "./weight-statistics.ts";

function measured(value: MetricValue | undefined): number {
  return value === undefined || value.value === null ? -1 : roundAsPython(value.value);
}

function weight(numbers: Float32Array | undefined, latent: number): number {
  const value = numbers?.[latent] ?? Number.NaN;
  return Number.isFinite(value) ? roundAsPython(value) : -1;
}

/** One entry for each latent, rounded to ten places as SAEBench's are; −1 for what there is not. */
export function coreDetails(
  sparsity: PeerSparsityResult,
  weights: SaeBenchWeightStatistics | undefined,
): SaeBenchCoreDetail[] {
  const { dSae } = sparsity;
  if (weights !== undefined && weights.encoderNorm.length !== dSae) {
    throw new PlumblineError({
      code: "shape-mismatch",
      kind: "usage",
      message: `[metrics] saeBenchCoreResult(): expected weights of ${dSae} latents, got ${weights.encoderNorm.length}`,
    });
  }
  return Array.from({ length: dSae }, (_, index) => ({
    index,
    feature_density: measured(sparsity.featureDensities[index]),
    consistent_activation_heuristic: measured(sparsity.consistentActivationHeuristics[index]),
    encoder_bias: weight(weights?.encoderBias, index),
    encoder_norm: weight(weights?.encoderNorm, index),
    encoder_decoder_cosine_sim: weight(weights?.encoderDecoderCosine, index),
    max_decoder_cosine_sim: weight(weights?.maxDecoderCosine, index),
    max_encoder_cosine_sim: weight(weights?.maxEncoderCosine, index),
  }));
}

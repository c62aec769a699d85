import {
  type Architecture,
  type ArchitectureFactory,
  defineArchitecture,
  PlumblineError,
} from "@plumbline/core";
import { denseDecode, preActivations, type TensorMap, topK as topKActivation } from "@plumbline/ops";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { foldDecoderNorms } from "../shared/decoder-norm.ts";
import { adamOf, decoderInitOf } from "../shared/fields.ts";
import { firingBuffers } from "../shared/firing.ts";
import { decoderOf, encoderOf, named, standardParameters, standardTensors } from "../shared/parameters.ts";
import { unitDecoder } from "../shared/unit-decoder.ts";
import { type TopKConfig, topKSchema } from "./config.ts";
import { ranksByNorm, topKLoss } from "./loss.ts";

function checkK(config: TopKConfig, dSae: number): void {
  if (config.k > dSae) {
    throw new PlumblineError({
      code: "k-too-large",
      kind: "usage",
      message: `[architectures] topk: expected k of at most dSae = ${dSae}, got ${config.k}`,
      where: "key architecture.k",
      hint: "choose a smaller k or a larger dSae",
    });
  }
}

/** Parameters as they are used and saved after training: ranking by value alone needs rows of norm 1. */
function folded(config: TopKConfig, parameters: TensorMap): TensorMap {
  return ranksByNorm(config) ? foldDecoderNorms(parameters) : parameters;
}

/**
 * TopK sparse autoencoder: each token keeps its k largest pre-activations.
 *
 * `latents = TopK(ReLU((x − decoderBias) · encoderᵀ + encoderBias))`, `x̂ = latents · decoder + decoderBias`; loss
 * `mean_B Σ_D (x − x̂)²`, with AuxK added where `auxkCoefficient` is above 0. Decoder rows have norm 1.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured, `k-too-large` when an engine is made
 * @source Gao et al. 2024, "Scaling and evaluating sparse autoencoders"
 * @example
 * import { topK } from "@plumbline/architectures";
 *
 * const architecture = topK({ k: 32 });
 * console.log(architecture.name, architecture.statistics.join()); // topk l0,deadLatents,explainedVariance
 */
export const topK: ArchitectureFactory<Tensor, TopKConfig> = defineArchitecture<Tensor, TopKConfig>({
  name: "topk",
  description: "each token keeps its k largest pre-activations; optional AuxK for dead latents",
  schema: topKSchema,
  build: (config): Omit<Architecture<Tensor>, "specVersion" | "name" | "config"> => ({
    controls: config.annealK ? ["k"] : [],
    statistics: ["l0", "deadLatents", "explainedVariance"],
    optimizer: adamOf(config),
    decoderRows: config.decoderRows,
    check: ({ dSae }) => checkK(config, dSae),
    init: (context) =>
      standardParameters(context, { encoderInit: config.encoderInit, decoderInit: decoderInitOf(config) }),
    initBuffers: firingBuffers,
    encode: (parameters, _buffers, x_BD) =>
      topKActivation(preActivations(encoderOf(folded(config, parameters), x_BD)), config),
    decode: (parameters, latents_BF) =>
      denseDecode(latents_BF as Tensor2D, decoderOf(folded(config, parameters))),
    loss: (input) => topKLoss(config, input),
    ...(config.decoderRows === "unit" ? { constrain: unitDecoder } : {}),
    inference: (parameters) => ({
      tensors: standardTensors(folded(config, parameters)),
      subtractDecoderBias: true,
      activation: { kind: "topk", k: config.k },
    }),
    directions: (parameters) => ({
      encoder: named(parameters, "encoder"),
      decoder: named(parameters, "decoder"),
    }),
    fused: {
      activation: "topk",
      rowMap: "none",
      details: { ...config },
    },
  }),
});

import {
  type Architecture,
  type ArchitectureFactory,
  defineArchitecture,
  type LossInput,
  type LossOutput,
  PlumblineError,
} from "@plumbline/core";
import {
  denseDecode,
  firingCounts,
  largest,
  preActivations,
  selectPreActivations,
  sparseDecode,
  topK as topKActivation,
} from "@plumbline/ops";
import { div, mul, relu, step, sub, sum, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { defaultAdam } from "../shared/adam.ts";
import { deadCount, firingBuffers, nextFiring } from "../shared/firing.ts";
import { decoderOf, encoderOf, named, standardParameters, standardTensors } from "../shared/parameters.ts";
import { batchExplainedVariance, squaredError } from "../shared/reconstruction.ts";
import { unitDecoder } from "../shared/unit-decoder.ts";
import { auxk } from "./auxk.ts";
import { type TopKConfig, topKSchema } from "./config.ts";

function loss(config: TopKConfig, { parameters, buffers, x_BD }: LossInput<Tensor>): LossOutput<Tensor> {
  const x = x_BD as Tensor2D;
  const [nTokens, dIn] = x.shape;
  const encoder = encoderOf(parameters, x);
  const decoder = decoderOf(parameters);
  const dSae = encoder.encoder_FD.shape[0];
  const preActs_BF = preActivations(encoder);
  const chosen = largest(preActs_BF, { k: config.k });
  const latents = { ...chosen, values_BK: relu(selectPreActivations(encoder, chosen)) };
  const residual_BD = sub(x, sparseDecode(latents, decoder)) as Tensor2D;
  const fired_F = firingCounts(chosen, { dSae });
  const firing = nextFiring({ buffers, fired_F, nTokens, deadAfterTokens: config.deadAfterTokens });
  const k = Math.min(config.auxk === 0 ? Math.max(1, Math.floor(dIn / 2)) : config.auxk, dSae);
  const revive = (): Tensor =>
    mul(
      auxk({ encoder, decoder_FD: decoder.decoder_FD, preActs_BF, residual_BD, dead_F: firing.dead_F, k }),
      config.auxkCoefficient,
    );
  return {
    terms: {
      reconstruction: squaredError(residual_BD),
      ...(config.auxkCoefficient > 0 ? { auxk: revive() } : {}),
    },
    statistics: {
      l0: div(sum(step(chosen.values_BK)), nTokens),
      deadLatents: deadCount(firing.dead_F),
      explainedVariance: batchExplainedVariance(x, residual_BD),
    },
    buffers: firing.buffers,
  };
}

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
    controls: [],
    statistics: ["l0", "deadLatents", "explainedVariance"],
    optimizer: defaultAdam,
    decoderRows: "unit",
    check: ({ dSae }) => checkK(config, dSae),
    init: (context) => standardParameters(context, { encoderInit: config.encoderInit, encoderBiasInit: 0 }),
    initBuffers: firingBuffers,
    encode: (parameters, _buffers, x_BD) =>
      topKActivation(preActivations(encoderOf(parameters, x_BD)), config),
    decode: (parameters, latents_BF) => denseDecode(latents_BF as Tensor2D, decoderOf(parameters)),
    loss: (input) => loss(config, input),
    constrain: unitDecoder,
    inference: (parameters) => ({
      tensors: standardTensors(parameters),
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

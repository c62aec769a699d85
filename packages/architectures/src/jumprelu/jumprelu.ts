import {
  type ArchitectureFactory,
  defineArchitecture,
  type InitContext,
  type Named,
  type NamedArray,
} from "@plumbline/core";
import { denseDecode, preActivations, type TensorMap } from "@plumbline/ops";
import { cast, greater, mul, relu as positivePart, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { adamOf, decoderInitOf } from "../shared/fields.ts";
import { firingBuffers } from "../shared/firing.ts";
import { decoderOf, named, standardParameters, standardTensors } from "../shared/parameters.ts";
import { standardStatisticNames } from "../shared/statistics.ts";
import { unitDecoder } from "../shared/unit-decoder.ts";
import { type JumpReluConfig, jumpReluSchema } from "./config.ts";
import { jumpReluEncoder, jumpReluLoss, thresholdOf } from "./loss.ts";

function initJumpRelu(config: JumpReluConfig, context: InitContext): Named<NamedArray> {
  const { encoderInit, thresholdForm, thresholdInit } = config;
  const fill = (value: number): NamedArray => ({
    shape: [context.dSae],
    data: new Float32Array(context.dSae).fill(value),
  });
  return {
    ...standardParameters(context, { encoderInit, decoderInit: decoderInitOf(config) }),
    ...(thresholdForm === "raw"
      ? { threshold: fill(thresholdInit) }
      : { logThreshold: fill(Math.log(thresholdInit)) }),
  };
}

/** Latents by the inference rule: over the threshold, and above 0. */
function encode(config: JumpReluConfig, parameters: TensorMap, x_BD: Tensor): Tensor2D {
  const preActs_BF = preActivations(jumpReluEncoder(config, parameters, x_BD));
  const fires = cast(greater(preActs_BF, thresholdOf(config, parameters)), "float32");
  return mul(positivePart(preActs_BF), fires) as Tensor2D;
}

/**
 * JumpReLU sparse autoencoder: a latent passes unchanged over its own trained threshold, and is 0 below.
 *
 * `latents = preActs · 1[preActs > threshold]`; loss `mean_B Σ_D (x − x̂)² + sparsityCoefficient · penalty`, the penalty an L0 whose
 * gradient reaches thresholds through a rectangle kernel of width `bandwidth`. See the configuration for its forms.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured
 * @source Rajamanoharan et al. 2024, "Jumping ahead" (arXiv 2407.14435)
 * @example
 * import { jumpRelu } from "@plumbline/architectures";
 *
 * console.log(jumpRelu({ targetL0: 32 }).config.penalty); // target
 */
export const jumpRelu: ArchitectureFactory<Tensor, JumpReluConfig> = defineArchitecture<
  Tensor,
  JumpReluConfig
>({
  name: "jumprelu",
  description: "latents over a trained threshold of their own, L0 penalty by straight-through gradients",
  schema: jumpReluSchema,
  build: (config) => ({
    controls: ["sparsityCoefficient"],
    statistics: standardStatisticNames,
    optimizer: adamOf(config),
    decoderRows: config.decoderRows,
    check: () => undefined,
    init: (context) => initJumpRelu(config, context),
    initBuffers: firingBuffers,
    encode: (parameters, _buffers, x_BD) => encode(config, parameters, x_BD),
    decode: (parameters, latents_BF) => denseDecode(latents_BF as Tensor2D, decoderOf(parameters)),
    loss: (input) => jumpReluLoss(config, input),
    ...(config.decoderRows === "unit" ? { constrain: unitDecoder } : {}),
    inference: (parameters) => ({
      tensors: { ...standardTensors(parameters), threshold: thresholdOf(config, parameters) },
      subtractDecoderBias: config.subtractDecoderBias,
      activation: { kind: "jumprelu" },
    }),
    directions: (parameters) => ({
      encoder: named(parameters, "encoder"),
      decoder: named(parameters, "decoder"),
    }),
    fused: { activation: "jumprelu", rowMap: "none", details: { ...config } },
  }),
});

import type { LossInput, LossOutput } from "@plumbline/core";
import {
  denseDecode,
  type EncoderInput,
  jumpRelu,
  preActivations,
  stepOver,
  type TensorMap,
} from "@plumbline/ops";
import {
  div,
  exp,
  mul,
  relu as positivePart,
  square,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tanh,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { decoderNorms } from "../shared/decoder-norm.ts";
import { type Firing, nextFiring } from "../shared/firing.ts";
import { decoderOf, encoderOf, named } from "../shared/parameters.ts";
import { squaredError } from "../shared/reconstruction.ts";
import { standardStatistics } from "../shared/statistics.ts";
import type { JumpReluConfig } from "./config.ts";

/** Thresholds themselves, whichever form is trained. */
export function thresholdOf(config: JumpReluConfig, parameters: TensorMap): Tensor1D {
  const { thresholdForm } = config;
  if (thresholdForm === "raw") return named(parameters, "threshold") as Tensor1D;
  return exp(named(parameters, "logThreshold")) as Tensor1D;
}

/** The encoder, centered where the configuration says so. */
export function jumpReluEncoder(config: JumpReluConfig, parameters: TensorMap, x_BD: Tensor): EncoderInput {
  const encoder = encoderOf(parameters, x_BD);
  if (config.subtractDecoderBias) return encoder;
  return { ...encoder, center_D: zerosLike(encoder.center_D) as Tensor1D };
}

interface PenaltyInput {
  readonly preActs_BF: Tensor2D;
  readonly latents_BF: Tensor2D;
  readonly threshold_F: Tensor1D;
  readonly decoder_FD: Tensor2D;
}

/** The sparsity penalty without its coefficient. A scalar. */
function penalty(config: JumpReluConfig, input: PenaltyInput): Tensor {
  const { preActs_BF, latents_BF, threshold_F, decoder_FD } = input;
  const nTokens = preActs_BF.shape[0];
  if (config.penalty === "tanh") {
    const free = config.decoderRows === "free";
    const weighted = free ? mul(latents_BF, decoderNorms(decoder_FD)) : latents_BF;
    return div(sum(tanh(mul(weighted, config.tanhScale))), nTokens);
  }
  const counted_BF = config.counts === "preActs" ? preActs_BF : latents_BF;
  const l0 = div(sum(stepOver(counted_BF, threshold_F, { bandwidth: config.bandwidth })), nTokens);
  return config.penalty === "step" ? l0 : square(sub(div(l0, config.targetL0), 1));
}

/** Pulls silent latents' pre-activations up towards their thresholds. */
function preActTerm(
  config: JumpReluConfig,
  input: PenaltyInput,
  firing: Firing,
): { readonly preActs?: Tensor } {
  if (config.preActCoefficient === 0) return {};
  const { preActs_BF, threshold_F, decoder_FD } = input;
  const short_BF = mul(positivePart(sub(threshold_F, preActs_BF)), firing.deadBefore_F);
  const weighted = config.decoderRows === "free" ? mul(short_BF, decoderNorms(decoder_FD)) : short_BF;
  return { preActs: mul(div(sum(weighted), preActs_BF.shape[0]), config.preActCoefficient) };
}

export function jumpReluLoss(config: JumpReluConfig, input: LossInput<Tensor>): LossOutput<Tensor> {
  const { parameters, buffers, scalars } = input;
  const x = input.x_BD as Tensor2D;
  const { bandwidth, deadAfterTokens } = config;
  const decoder = decoderOf(parameters);
  const threshold_F = thresholdOf(config, parameters);
  const preActs_BF = preActivations(jumpReluEncoder(config, parameters, x));
  const latents_BF = jumpRelu(preActs_BF, threshold_F, { bandwidth });
  const residual_BD = sub(x, denseDecode(latents_BF, decoder)) as Tensor2D;
  const fired_F = sum(step(latents_BF), 0) as Tensor1D;
  const firing = nextFiring({ buffers, fired_F, nTokens: x.shape[0], deadAfterTokens });
  const penalized = { preActs_BF, latents_BF, threshold_F, decoder_FD: decoder.decoder_FD };
  return {
    terms: {
      reconstruction: squaredError(residual_BD),
      sparsity: mul(penalty(config, penalized), scalars.sparsityCoefficient ?? Number.NaN),
      ...preActTerm(config, penalized, firing),
    },
    statistics: standardStatistics({ fired_F, firing, x_BD: x, residual_BD }),
    buffers: firing.buffers,
  };
}

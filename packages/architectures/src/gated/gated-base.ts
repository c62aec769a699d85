import type { Architecture, InitContext, LossInput, LossOutput, Named, NamedArray } from "@plumbline/core";
import { denseDecode, detach, preActivations, type TensorMap } from "@plumbline/ops";
import {
  add,
  exp,
  mul,
  relu as positivePart,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  zerosLike,
} from "@tensorflow/tfjs-core";
import type { Penalty } from "../relu/relu-base.ts";
import { decoderNorms } from "../shared/decoder-norm.ts";
import { adamOf, decoderInitOf } from "../shared/fields.ts";
import { firingBuffers, nextFiring } from "../shared/firing.ts";
import { decoderOf, named, standardParameters } from "../shared/parameters.ts";
import { squaredError } from "../shared/reconstruction.ts";
import { standardStatisticNames, standardStatistics } from "../shared/statistics.ts";
import { unitDecoder } from "../shared/unit-decoder.ts";
import type { GatedConfig } from "./config.ts";

function initGated(config: GatedConfig, context: InitContext): Named<NamedArray> {
  const { encoderBias: _, ...standard } = standardParameters(context, {
    encoderInit: config.encoderInit,
    decoderInit: decoderInitOf(config),
  });
  const zeros = (): NamedArray => ({ shape: [context.dSae], data: new Float32Array(context.dSae) });
  return { ...standard, gateBias: zeros(), magnitudeBias: zeros(), magnitudeScale: zeros() };
}

/** Gate pre-activations and latents, `[B, F]` each. */
function encode(parameters: TensorMap, x_BD: Tensor): { gate_BF: Tensor2D; latents_BF: Tensor2D } {
  const gateBias_F = named(parameters, "gateBias") as Tensor1D;
  const shared_BF = preActivations({
    x_BD: x_BD as Tensor2D,
    encoder_FD: named(parameters, "encoder") as Tensor2D,
    encoderBias_F: zerosLike(gateBias_F) as Tensor1D,
    center_D: named(parameters, "decoderBias") as Tensor1D,
  });
  const gate_BF = add(shared_BF, gateBias_F) as Tensor2D;
  const scaled_BF = mul(shared_BF, exp(named(parameters, "magnitudeScale")));
  const magnitude_BF = positivePart(add(scaled_BF, named(parameters, "magnitudeBias")));
  return { gate_BF, latents_BF: mul(step(gate_BF), magnitude_BF) as Tensor2D };
}

function loss(config: GatedConfig, penalty: Penalty, input: LossInput<Tensor>): LossOutput<Tensor> {
  const { parameters, buffers, scalars } = input;
  const x = input.x_BD as Tensor2D;
  const decoder = decoderOf(parameters);
  const { gate_BF, latents_BF } = encode(parameters, x);
  const opened_BF = positivePart(gate_BF);
  const residual_BD = sub(x, denseDecode(latents_BF, decoder)) as Tensor2D;
  const frozen = {
    decoder_FD: detach(decoder.decoder_FD),
    decoderBias_D: detach(decoder.decoderBias_D),
  } as typeof decoder;
  const auxiliary = config.auxiliaryDecoder === "frozen" ? frozen : decoder;
  const fired_F = sum(step(latents_BF), 0) as Tensor1D;
  const { deadAfterTokens } = config;
  const firing = nextFiring({ buffers, fired_F, nTokens: x.shape[0], deadAfterTokens });
  const free = config.decoderRows === "free";
  const weighted_BF = free ? (mul(opened_BF, decoderNorms(decoder.decoder_FD)) as Tensor2D) : opened_BF;
  const { term, statistics } = penalty.term(weighted_BF, scalars);
  return {
    terms: {
      reconstruction: squaredError(residual_BD),
      sparsity: term,
      auxiliary: squaredError(sub(x, denseDecode(opened_BF, auxiliary)) as Tensor2D),
    },
    statistics: { ...standardStatistics({ fired_F, firing, x_BD: x, residual_BD }), ...statistics },
    buffers: firing.buffers,
  };
}

/** A gated SAE with a penalty on its open gates: all but the penalty. */
export function gatedBase(
  config: GatedConfig,
  penalty: Penalty,
): Omit<Architecture<Tensor>, "specVersion" | "name" | "config"> {
  return {
    controls: penalty.controls,
    statistics: [...standardStatisticNames, ...penalty.statistics],
    optimizer: adamOf(config),
    decoderRows: config.decoderRows,
    check: () => undefined,
    init: (context) => initGated(config, context),
    initBuffers: firingBuffers,
    encode: (parameters, _buffers, x_BD) => encode(parameters, x_BD).latents_BF,
    decode: (parameters, latents_BF) => denseDecode(latents_BF as Tensor2D, decoderOf(parameters)),
    loss: (input) => loss(config, penalty, input),
    ...(config.decoderRows === "unit" ? { constrain: unitDecoder } : {}),
    inference: (parameters) => ({
      tensors: {
        encoder: named(parameters, "encoder"),
        encoderBias: named(parameters, "gateBias"),
        decoder: named(parameters, "decoder"),
        decoderBias: named(parameters, "decoderBias"),
        magnitudeScale: named(parameters, "magnitudeScale"),
        magnitudeBias: named(parameters, "magnitudeBias"),
      },
      subtractDecoderBias: true,
      activation: { kind: "gated" },
    }),
    directions: (parameters) => ({
      encoder: named(parameters, "encoder"),
      decoder: named(parameters, "decoder"),
    }),
  };
}

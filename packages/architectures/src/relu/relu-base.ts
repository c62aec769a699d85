import type { Architecture, LossInput, LossOutput, Named } from "@plumbline/core";
import { denseDecode, preActivations } from "@plumbline/ops";
import {
  mul,
  relu as positivePart,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { decoderNorms } from "../shared/decoder-norm.ts";
import { adamOf, decoderInitOf } from "../shared/fields.ts";
import { firingBuffers, nextFiring } from "../shared/firing.ts";
import { decoderOf, encoderOf, named, standardParameters, standardTensors } from "../shared/parameters.ts";
import { squaredError } from "../shared/reconstruction.ts";
import { standardStatisticNames, standardStatistics } from "../shared/statistics.ts";
import { unitDecoder } from "../shared/unit-decoder.ts";
import type { ReluConfig } from "./config.ts";

/** A penalty on latents, weight included, and what it reports. */
export interface Penalty {
  readonly controls: readonly string[];
  readonly statistics: readonly string[];
  /** @param latents_BF latents, times the norms of their decoder rows where those are free */
  term(
    latents_BF: Tensor2D,
    scalars: Readonly<Record<string, number>>,
  ): { term: Tensor; statistics: Named<Tensor> };
}

function loss(config: ReluConfig, penalty: Penalty, input: LossInput<Tensor>): LossOutput<Tensor> {
  const { parameters, buffers, scalars } = input;
  const x = input.x_BD as Tensor2D;
  const decoder = decoderOf(parameters);
  const latents_BF = positivePart(preActivations(encoderOf(parameters, x)));
  const residual_BD = sub(x, denseDecode(latents_BF, decoder)) as Tensor2D;
  const fired_F = sum(step(latents_BF), 0) as Tensor1D;
  const { deadAfterTokens } = config;
  const firing = nextFiring({ buffers, fired_F, nTokens: x.shape[0], deadAfterTokens });
  const free = config.decoderRows === "free";
  const weighted_BF = free ? (mul(latents_BF, decoderNorms(decoder.decoder_FD)) as Tensor2D) : latents_BF;
  const { term, statistics } = penalty.term(weighted_BF, scalars);
  return {
    terms: { reconstruction: squaredError(residual_BD), sparsity: term },
    statistics: { ...standardStatistics({ fired_F, firing, x_BD: x, residual_BD }), ...statistics },
    buffers: firing.buffers,
  };
}

/** An SAE with ReLU latents and a penalty on them: all but the penalty. */
export function reluBase(
  config: ReluConfig,
  penalty: Penalty,
): Omit<Architecture<Tensor>, "specVersion" | "name" | "config"> {
  return {
    controls: penalty.controls,
    statistics: [...standardStatisticNames, ...penalty.statistics],
    optimizer: adamOf(config),
    decoderRows: config.decoderRows,
    check: () => undefined,
    init: (context) => standardParameters(context, { ...config, decoderInit: decoderInitOf(config) }),
    initBuffers: firingBuffers,
    encode: (parameters, _buffers, x_BD) => positivePart(preActivations(encoderOf(parameters, x_BD))),
    decode: (parameters, latents_BF) => denseDecode(latents_BF as Tensor2D, decoderOf(parameters)),
    loss: (input) => loss(config, penalty, input),
    ...(config.decoderRows === "unit" ? { constrain: unitDecoder } : {}),
    inference: (parameters) => ({
      tensors: standardTensors(parameters),
      subtractDecoderBias: true,
      activation: { kind: "relu" },
    }),
    directions: (parameters) => ({
      encoder: named(parameters, "encoder"),
      decoder: named(parameters, "decoder"),
    }),
  };
}

import { type Architecture, type LossInput, type LossOutput, PlumblineError } from "@plumbline/core";
import { batchTopK, type Decoder, denseDecode, preActivations, type TensorMap } from "@plumbline/ops";
import {
  cast,
  greater,
  mul,
  relu as positivePart,
  step,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { auxkTerm } from "../shared/auxk.ts";
import { nextThreshold, thresholdBuffers, thresholdForAll } from "../shared/batch-threshold.ts";
import { decoderNorms, foldDecoderNorms } from "../shared/decoder-norm.ts";
import { adamOf, decoderInitOf } from "../shared/fields.ts";
import { firingBuffers, nextFiring } from "../shared/firing.ts";
import { decoderOf, encoderOf, named, standardParameters, standardTensors } from "../shared/parameters.ts";
import { standardStatisticNames, standardStatistics } from "../shared/statistics.ts";
import { unitDecoder } from "../shared/unit-decoder.ts";
import { ranksByNorm } from "../topk/loss.ts";
import type { BatchTopKConfig } from "./config.ts";

/** How a batch's latents are turned into a loss: the part in which plain and Matryoshka BatchTopK differ. */
export type Reconstruction = (
  x_BD: Tensor2D,
  latents_BF: Tensor2D,
  decoder: Decoder,
) => { readonly term: Tensor; readonly residual_BD: Tensor2D };

function loss(
  config: BatchTopKConfig,
  reconstruct: Reconstruction,
  input: LossInput<Tensor>,
): LossOutput<Tensor> {
  const { parameters, buffers, scalars } = input;
  const x = input.x_BD as Tensor2D;
  const encoder = encoderOf(parameters, x);
  const decoder = decoderOf(parameters);
  const { decoder_FD, decoderBias_D } = decoder;
  const preActs_BF = preActivations(encoder);
  const byNorm = ranksByNorm(config);
  const ranking_BF = byNorm ? (mul(preActs_BF, decoderNorms(decoder_FD)) as Tensor2D) : preActs_BF;
  const k = config.annealK ? Math.min(scalars.k ?? config.k, decoder_FD.shape[0]) : config.k;
  const latents_BF = batchTopK(preActs_BF, { k, ranking_BF });
  const { term, residual_BD } = reconstruct(x, latents_BF, decoder);
  const fired_F = sum(step(latents_BF), 0) as Tensor1D;
  const { deadAfterTokens } = config;
  const firing = nextFiring({ buffers, fired_F, nTokens: x.shape[0], deadAfterTokens });
  const kept_BF = byNorm ? (mul(latents_BF, decoderNorms(decoder_FD)) as Tensor2D) : latents_BF;
  return {
    terms: {
      reconstruction: term,
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
    statistics: standardStatistics({ fired_F, firing, x_BD: x, residual_BD }),
    buffers: { ...firing.buffers, ...nextThreshold(config, buffers, kept_BF) },
  };
}

/** Parameters as the threshold applies to them: it was measured on latents times norms. */
function folded(config: BatchTopKConfig, parameters: TensorMap): TensorMap {
  return ranksByNorm(config) ? foldDecoderNorms(parameters) : parameters;
}

function checkK(config: BatchTopKConfig, name: string, dSae: number): void {
  if (config.k > dSae) {
    throw new PlumblineError({
      code: "k-too-large",
      kind: "usage",
      message: `[architectures] ${name}: expected k of at most dSae = ${dSae}, got ${config.k}`,
      where: "key architecture.k",
      hint: "choose a smaller k or a larger dSae",
    });
  }
}

/** An SAE that keeps the largest latents of the whole batch in training and those over a threshold at inference. */
export function batchTopKBase(
  config: BatchTopKConfig,
  options: { name: string; reconstruct: Reconstruction; check?: (dSae: number) => void },
): Omit<Architecture<Tensor>, "specVersion" | "name" | "config"> {
  const encode = (parameters: TensorMap, buffers: TensorMap, x_BD: Tensor): Tensor => {
    const preActs_BF = preActivations(encoderOf(folded(config, parameters), x_BD));
    const fires = cast(greater(preActs_BF, named(buffers, "threshold")), "float32");
    return mul(positivePart(preActs_BF), fires);
  };
  return {
    controls: config.annealK ? ["k"] : [],
    statistics: standardStatisticNames,
    optimizer: adamOf(config),
    decoderRows: config.decoderRows,
    check: ({ dSae }) => {
      checkK(config, options.name, dSae);
      options.check?.(dSae);
    },
    init: (context) =>
      standardParameters(context, { encoderInit: config.encoderInit, decoderInit: decoderInitOf(config) }),
    initBuffers: (shape) => ({ ...firingBuffers(shape), ...thresholdBuffers() }),
    encode,
    decode: (parameters, latents_BF) =>
      denseDecode(latents_BF as Tensor2D, decoderOf(folded(config, parameters))),
    loss: (input) => loss(config, options.reconstruct, input),
    ...(config.decoderRows === "unit" ? { constrain: unitDecoder } : {}),
    inference: (parameters, buffers) => {
      const tensors = standardTensors(folded(config, parameters));
      const threshold = thresholdForAll(buffers, named(tensors, "encoder").shape[0] ?? 0);
      return {
        tensors: { ...tensors, threshold },
        subtractDecoderBias: true,
        activation: { kind: "jumprelu" },
      };
    },
    directions: (parameters) => ({
      encoder: named(parameters, "encoder"),
      decoder: named(parameters, "decoder"),
    }),
  };
}

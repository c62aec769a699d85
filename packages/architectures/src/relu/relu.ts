import {
  type Architecture,
  type ArchitectureFactory,
  defineArchitecture,
  type LossInput,
  type LossOutput,
} from "@plumbline/core";
import { denseDecode, preActivations, rowNorms } from "@plumbline/ops";
import {
  div,
  mul,
  relu as positivePart,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  transpose,
} from "@tensorflow/tfjs-core";
import { defaultAdam } from "../shared/adam.ts";
import { deadCount, firingBuffers, nextFiring } from "../shared/firing.ts";
import { decoderOf, encoderOf, named, standardParameters, standardTensors } from "../shared/parameters.ts";
import { batchExplainedVariance, squaredError } from "../shared/reconstruction.ts";
import { unitDecoder } from "../shared/unit-decoder.ts";
import { type ReluConfig, reluSchema } from "./config.ts";

/** Mean over tokens of Σ latents, each weighted by the norm of its decoder row where rows are free. */
function l1(latents_BF: Tensor2D, decoder_FD: Tensor2D, decoderRows: "unit" | "free"): Tensor {
  const weighted = decoderRows === "unit" ? latents_BF : mul(latents_BF, transpose(rowNorms(decoder_FD)));
  return div(sum(weighted), latents_BF.shape[0]);
}

function loss(
  config: ReluConfig,
  { parameters, buffers, x_BD, scalars }: LossInput<Tensor>,
): LossOutput<Tensor> {
  const x = x_BD as Tensor2D;
  const nTokens = x.shape[0];
  const decoder = decoderOf(parameters);
  const latents_BF = positivePart(preActivations(encoderOf(parameters, x)));
  const residual_BD = sub(x, denseDecode(latents_BF, decoder)) as Tensor2D;
  const fires_BF = step(latents_BF);
  const fired_F = sum(fires_BF, 0) as Tensor1D;
  const firing = nextFiring({ buffers, fired_F, nTokens, deadAfterTokens: config.deadAfterTokens });
  return {
    terms: {
      reconstruction: squaredError(residual_BD),
      sparsity: mul(
        l1(latents_BF, decoder.decoder_FD, config.decoderRows),
        scalars.sparsityCoefficient ?? Number.NaN,
      ),
    },
    statistics: {
      l0: div(sum(fired_F), nTokens),
      deadLatents: deadCount(firing.dead_F),
      explainedVariance: batchExplainedVariance(x, residual_BD),
    },
    buffers: firing.buffers,
  };
}

/**
 * ReLU sparse autoencoder with an L1 penalty.
 *
 * `latents = ReLU((x − decoderBias) · encoderᵀ + encoderBias)`, `x̂ = latents · decoder + decoderBias`; loss
 * `mean_B Σ_D (x − x̂)² + sparsityCoefficient · mean_B Σ_F latents`, the penalty weighted by decoder norms where those are
 * free. The coefficient is a control: a schedule or a fixed scalar supplies it.
 *
 * @throws PlumblineError `unknown-key` and `bad-config` when configured
 * @source Bricken et al. 2023, "Towards monosemanticity" (unit rows); Conerly et al. April 2024 (free rows)
 * @example
 * import { relu } from "@plumbline/architectures";
 *
 * console.log(relu().controls.join()); // sparsityCoefficient
 */
export const relu: ArchitectureFactory<Tensor, ReluConfig> = defineArchitecture<Tensor, ReluConfig>({
  name: "relu",
  description: "ReLU latents with an L1 penalty, decoder rows of norm 1 or free",
  schema: reluSchema,
  build: (config): Omit<Architecture<Tensor>, "specVersion" | "name" | "config"> => ({
    controls: ["sparsityCoefficient"],
    statistics: ["l0", "deadLatents", "explainedVariance"],
    optimizer: defaultAdam,
    decoderRows: config.decoderRows,
    check: () => undefined,
    init: (context) => standardParameters(context, config),
    initBuffers: firingBuffers,
    encode: (parameters, _buffers, x_BD) => positivePart(preActivations(encoderOf(parameters, x_BD))),
    decode: (parameters, latents_BF) => denseDecode(latents_BF as Tensor2D, decoderOf(parameters)),
    loss: (input) => loss(config, input),
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
    fused: { activation: "relu", rowMap: "none", details: { ...config } },
  }),
});

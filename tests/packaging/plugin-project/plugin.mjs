import {
  decoderOf,
  defaultAdam,
  encoderOf,
  firingBuffers,
  nextFiring,
  squaredError,
  standardParameters,
  standardStatisticNames,
  standardStatistics,
  standardTensors,
  unitDecoder,
} from "@plumbline/architectures";
import { defineArchitecture } from "@plumbline/core";
import { denseDecode, preActivations } from "@plumbline/ops";
import { div, mul, relu, step, sub, sum } from "@tensorflow/tfjs-core";
import { z } from "zod";

/** Latents that lose a fixed amount on their way through: `latents = max(preActs − shrink, 0)`. */
const softThreshold = defineArchitecture({
  name: "soft-threshold",
  description: "latents shrunk by a fixed amount, L1 penalty",
  schema: z.strictObject({ shrink: z.number().min(0).default(0.1).describe("what every latent loses") }),
  build: ({ shrink }) => {
    const encode = (parameters, x) => relu(sub(preActivations(encoderOf(parameters, x)), shrink));
    return {
      controls: ["sparsityCoefficient"],
      statistics: standardStatisticNames,
      optimizer: defaultAdam,
      decoderRows: "unit",
      check: () => undefined,
      init: (context) => standardParameters(context, { encoderInit: 1 }),
      initBuffers: firingBuffers,
      encode: (parameters, _buffers, x) => encode(parameters, x),
      decode: (parameters, latents) => denseDecode(latents, decoderOf(parameters)),
      loss: ({ parameters, buffers, x_BD, scalars }) => {
        const nTokens = x_BD.shape[0];
        const latents = encode(parameters, x_BD);
        const residual_BD = sub(x_BD, denseDecode(latents, decoderOf(parameters)));
        const fired_F = sum(step(latents), 0);
        const firing = nextFiring({ buffers, fired_F, nTokens, deadAfterTokens: 10_000 });
        const sparsity = mul(div(sum(latents), nTokens), scalars.sparsityCoefficient);
        return {
          terms: { reconstruction: squaredError(residual_BD), sparsity },
          statistics: standardStatistics({ fired_F, firing, x_BD, residual_BD }),
          buffers: firing.buffers,
        };
      },
      constrain: unitDecoder,
      // As an ordinary ReLU SAE: what a latent loses is a lower bias.
      inference: (parameters) => {
        const tensors = standardTensors(parameters);
        const encoderBias = sub(tensors.encoderBias, shrink);
        return {
          tensors: { ...tensors, encoderBias },
          subtractDecoderBias: true,
          activation: { kind: "relu" },
        };
      },
      directions: ({ encoder, decoder }) => ({ encoder, decoder }),
    };
  },
});

export default { architectures: [softThreshold] };

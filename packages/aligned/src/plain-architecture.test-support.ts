import {
  type Architecture,
  type Constraint,
  createRandom,
  defineArchitecture,
  fillNormal,
  type InitContext,
  type Named,
  type NamedArray,
} from "@plumbline/core";
import { denseDecode, preActivations, type TensorMap } from "@plumbline/ops";
import {
  div,
  relu,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
} from "@tensorflow/tfjs";
import { z } from "zod";

export const shape = { dIn: 4, dSae: 6 } as const;
export const context = (seed = 1): InitContext => ({
  ...shape,
  random: createRandom(seed),
  sample: { rows: new Float32Array(4), nRows: 1, mean: Float32Array.of(0.1, 0.2, 0.3, 0.4) },
});

const pre = (p: TensorMap, x_BD: Tensor): Tensor2D =>
  preActivations({
    x_BD: x_BD as Tensor2D,
    encoder_FD: p.encoder as Tensor2D,
    encoderBias_F: p.encoderBias as Tensor1D,
    center_D: p.decoderBias as Tensor1D,
  });

const decode = (p: TensorMap, latents: Tensor): Tensor2D =>
  denseDecode(latents as Tensor2D, {
    decoder_FD: p.decoder as Tensor2D,
    decoderBias_D: p.decoderBias as Tensor1D,
  });

/** What a plugin author might write: ReLU latents, squared error, decoder rows of any norm, a constraint of its own. */
export function plain(
  options: {
    encoderInit?: number;
    constrain?: Constraint<Tensor>;
    init?: (context: InitContext) => Named<NamedArray>;
    fused?: boolean;
    decoderRows?: "unit" | "free";
  } = {},
): Architecture<Tensor> {
  const { decoderRows = "free" } = options;
  const factory = defineArchitecture<Tensor, { encoderInit: number }>({
    name: "plain",
    description: "for tests",
    schema: z.strictObject({ encoderInit: z.number().default(1) }),
    build: () => ({
      controls: ["weight"],
      statistics: ["half"],
      optimizer: { kind: "adam", beta1: 0.5, beta2: 0.6, epsilon: 1e-7 },
      decoderRows,
      check: () => undefined,
      init:
        options.init ??
        (({ dIn, dSae, random, sample }) => {
          const rows = (scale: number): NamedArray => ({
            shape: [dSae, dIn],
            data: fillNormal(new Float32Array(dSae * dIn), random, scale),
          });
          return {
            encoder: rows(1),
            encoderBias: { shape: [dSae], data: fillNormal(new Float32Array(dSae), random, 0.1) },
            decoder: rows(2),
            decoderBias: { shape: [dIn], data: sample.mean.slice() },
          };
        }),
      initBuffers: () => ({ seen: { shape: [1], data: new Int32Array(1) } }),
      encode: (p, _buffers, x_BD) => relu(pre(p, x_BD)),
      decode,
      loss: ({ parameters: p, buffers, x_BD }) => {
        const latents = relu(pre(p, x_BD));
        const error = div(sum(square(sub(x_BD, decode(p, latents)))), x_BD.shape[0] ?? 1);
        return { terms: { error }, statistics: { half: div(error, 2) }, buffers };
      },
      ...(options.constrain === undefined ? {} : { constrain: options.constrain }),
      inference: (p) => ({ tensors: p, subtractDecoderBias: true, activation: { kind: "relu" } }),
      directions: (p) => ({ encoder: p.encoder as Tensor, decoder: p.decoder as Tensor }),
      ...(options.fused === true
        ? { fused: { activation: "relu", rowMap: "none", details: { slope: 1 } } }
        : {}),
    }),
  });
  return factory(options.encoderInit === undefined ? {} : { encoderInit: options.encoderInit });
}

export function tensorsFrom(arrays: Named<NamedArray>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape: size, data }]) => [
      name,
      tensor(data, [...size], data instanceof Int32Array ? "int32" : "float32"),
    ]),
  );
}

export function normalRows(nRows: number, width: number, seed: number): Tensor2D {
  const data = fillNormal(new Float32Array(nRows * width), createRandom(seed));
  return tensor(data, [nRows, width]) as Tensor2D;
}

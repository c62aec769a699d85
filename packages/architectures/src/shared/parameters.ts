import { fillNormal, type InitContext, type Named, type NamedArray } from "@plumbline/core";
import type { Decoder, EncoderInput, TensorMap } from "@plumbline/ops";
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/** Directions uniform on the sphere: `nRows` unit rows of `width` numbers, from normal draws. */
export function randomUnitRows(options: {
  nRows: number;
  width: number;
  random: InitContext["random"];
}): Float32Array {
  const { nRows, width, random } = options;
  const rows = fillNormal(new Float32Array(nRows * width), random);
  for (let row = 0; row < nRows; row++) {
    const values = rows.subarray(row * width, (row + 1) * width);
    const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    for (let j = 0; j < width; j++) values[j] = (values[j] ?? 0) / norm;
  }
  return rows;
}

/**
 * The four parameters of an ordinary SAE: decoder rows at random with norm `decoderInit`, encoder rows `encoderInit` times
 * those, encoder biases constant, the decoder bias at the mean of the data.
 */
export function standardParameters(
  context: InitContext,
  options: { encoderInit: number; encoderBiasInit?: number; decoderInit?: number },
): Named<NamedArray> {
  const { dIn, dSae, random, sample } = context;
  const { encoderInit, encoderBiasInit = 0, decoderInit = 1 } = options;
  const rows = randomUnitRows({ nRows: dSae, width: dIn, random: random.stream("decoder") });
  const decoder = decoderInit === 1 ? rows : rows.map((value) => value * decoderInit);
  return {
    encoder: { shape: [dSae, dIn], data: decoder.map((value) => value * encoderInit) },
    encoderBias: { shape: [dSae], data: new Float32Array(dSae).fill(encoderBiasInit) },
    decoder: { shape: [dSae, dIn], data: decoder },
    decoderBias: { shape: [dIn], data: Float32Array.from(sample.mean) },
  };
}

/** A parameter that must be there; a missing one is a broken architecture, not a user's mistake. */
function named(tensors: TensorMap, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`[architectures] no tensor named "${name}"`);
  return tensor;
}

/** The encoder of standard parameters over a batch, centered by the decoder bias. */
export function encoderOf(parameters: TensorMap, x_BD: Tensor): EncoderInput {
  return {
    x_BD: x_BD as Tensor2D,
    encoder_FD: named(parameters, "encoder") as Tensor2D,
    encoderBias_F: named(parameters, "encoderBias") as Tensor1D,
    center_D: named(parameters, "decoderBias") as Tensor1D,
  };
}

/** The decoder of standard parameters. */
export function decoderOf(parameters: TensorMap): Decoder {
  return {
    decoder_FD: named(parameters, "decoder") as Tensor2D,
    decoderBias_D: named(parameters, "decoderBias") as Tensor1D,
  };
}

/** The tensors of an {@link InferenceForm} with the four standard parameters. */
export function standardTensors(parameters: TensorMap): TensorMap {
  return Object.fromEntries(
    ["encoder", "encoderBias", "decoder", "decoderBias"].map((name) => [name, named(parameters, name)]),
  );
}

export { named };

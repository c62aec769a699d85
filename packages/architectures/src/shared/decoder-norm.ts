import { rowNorms, type TensorMap, unitRows } from "@plumbline/ops";
import { mul, reshape, type Tensor, type Tensor1D, type Tensor2D, transpose } from "@tensorflow/tfjs-core";
import { named, standardTensors } from "./parameters.ts";

/** Norms of decoder rows as a row vector, `[1, F]`, to weigh latents by. */
export function decoderNorms(decoder_FD: Tensor2D): Tensor2D {
  return transpose(rowNorms(decoder_FD)) as Tensor2D;
}

/**
 * The same SAE with decoder rows of norm 1: encoder rows and biases are multiplied by the norms, so that latents grow by what
 * their rows lose. Reconstructions stay as they are, for every rule that ranks or thresholds latents times norms.
 */
export function foldDecoderNorms(parameters: TensorMap): TensorMap {
  const { encoder, encoderBias, decoder, decoderBias } = standardTensors(parameters) as Record<
    string,
    Tensor
  >;
  const norms_F1 = rowNorms(decoder as Tensor2D);
  const norms_F = reshape(norms_F1, [norms_F1.shape[0]]) as Tensor1D;
  return {
    ...parameters,
    encoder: mul(encoder as Tensor, norms_F1),
    encoderBias: mul(encoderBias as Tensor, norms_F),
    decoder: unitRows(named(parameters, "decoder") as Tensor2D),
    decoderBias: decoderBias as Tensor,
  };
}

import { add, matMul, sum, type Tensor1D, type Tensor2D, tidy, transpose } from "@tensorflow/tfjs-core";
import { type Composition, cheaperComposition } from "./composition.ts";
import { differentiable } from "./differentiable.ts";
import { denseFromSelection, type Selection } from "./selection.ts";
import { accumulateRows, combineRows, dotRows } from "./sparse-rows.ts";

/** The linear half of an SAE. */
export interface Decoder {
  /** [F, D] one latent a row */
  readonly decoder_FD: Tensor2D;
  /** [D] */
  readonly decoderBias_D: Tensor1D;
}

/**
 * Reconstruction from dense latents: `xHat = latents · decoder + decoderBias`, `[B, D]`. Gradients flow to all three.
 */
export function denseDecode(latents_BF: Tensor2D, weights: Decoder): Tensor2D {
  const { decoder_FD, decoderBias_D } = weights;
  return differentiable({
    inputs: [latents_BF, decoder_FD, decoderBias_D],
    forward: () => add(matMul(latents_BF, decoder_FD), decoderBias_D) as Tensor2D,
    gradient: (dy_BD, [latents, decoder]) => [
      matMul(dy_BD, transpose(decoder as Tensor2D) as Tensor2D),
      matMul(transpose(latents as Tensor2D) as Tensor2D, dy_BD),
      sum(dy_BD, 0),
    ],
  });
}

/**
 * Reconstruction from K latents a token: `xHat_b = Σ_j values_bj · decoder[indices_bj] + decoderBias`, `[B, D]`.
 *
 * Equal to {@link denseDecode} of the same latents, in value and gradient. Gradients flow to values, decoder and bias.
 *
 * @param selection indices distinct within a row
 * @param options.composition gathered rows or the dense product; the cheaper one for this K and F where it is left out
 * @returns `[B, D]`, disposed by the caller
 */
export function sparseDecode(
  selection: Selection,
  weights: Decoder,
  options: { composition?: Composition } = {},
): Tensor2D {
  const { values_BK, indices_BK } = selection;
  const { decoder_FD, decoderBias_D } = weights;
  const dSae = decoder_FD.shape[0];
  const k = values_BK.shape[1];
  const { composition = cheaperComposition(k, dSae) } = options;
  if (composition === "dense") {
    return tidy(() => denseDecode(denseFromSelection(selection, { dSae }), weights));
  }
  return differentiable({
    inputs: [values_BK, decoder_FD, decoderBias_D],
    constants: [indices_BK],
    forward: () => combineRows(selection, decoder_FD, decoderBias_D),
    gradient: (dy_BD, [values, decoder], [indices]) => {
      const chosen: Selection = { values_BK: values as Tensor2D, indices_BK: indices as Tensor2D };
      return [
        dotRows(decoder as Tensor2D, chosen.indices_BK, dy_BD as Tensor2D),
        accumulateRows(chosen, dy_BD as Tensor2D, { dSae, composition }),
        sum(dy_BD, 0),
      ];
    },
  });
}

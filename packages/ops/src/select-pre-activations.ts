import { sub, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Composition } from "./composition.ts";
import { differentiable } from "./differentiable.ts";
import { centerGradient, type EncoderInput } from "./pre-activations.ts";
import type { Selection } from "./selection.ts";
import { accumulateRows, accumulateValues } from "./sparse-rows.ts";

/**
 * The pre-activations of chosen latents only, `[B, K]`, with gradients that touch only their encoder rows. Equal to gathering
 * from {@link preActivations}, in value and gradient; the backward pass costs K / F of the dense one.
 *
 * @param input the encoder that `selection` was chosen with
 * @param selection from {@link largest} on `preActivations(input)`; its values are returned as they are
 * @param options.composition of the gradient of encoder rows; the cheaper one where it is left out
 * @returns `[B, K]`, disposed by the caller
 */
export function selectPreActivations(
  input: EncoderInput,
  selection: Selection,
  options: { composition?: Composition } = {},
): Tensor2D {
  const { x_BD, encoder_FD, encoderBias_F, center_D } = input;
  const dSae = encoder_FD.shape[0];
  return differentiable({
    inputs: [encoder_FD, encoderBias_F, center_D],
    constants: [x_BD, selection.indices_BK],
    forward: () => selection.values_BK.clone(),
    gradient: (dy_BK, [encoder, , center], [x, indices]) => {
      const chosen: Selection = { values_BK: dy_BK, indices_BK: indices as Tensor2D };
      const dBias_F = accumulateValues(chosen, { dSae });
      const centered_BD = sub(x as Tensor2D, center as Tensor1D) as Tensor2D;
      return [
        accumulateRows(chosen, centered_BD, { ...options, dSae }),
        dBias_F,
        centerGradient(dBias_F, encoder as Tensor2D),
      ];
    },
  });
}

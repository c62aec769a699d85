import type { Constraint } from "@plumbline/core";
import { rejectRows, type TensorMap, unitRows } from "@plumbline/ops";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { named } from "./parameters.ts";

/**
 * Keeps decoder rows at norm 1: the gradient loses its part along each row, and rows are renormalized after the update.
 *
 * @source order of steps as in dictionary_learning's TopK trainer: backward, project, clip, Adam, renormalize
 */
export const unitDecoder: Constraint<Tensor> = Object.freeze({
  gradient: (gradients: TensorMap, parameters: TensorMap) => ({
    decoder: rejectRows(
      named(gradients, "decoder") as Tensor2D,
      unitRows(named(parameters, "decoder") as Tensor2D),
    ),
  }),
  afterStep: (parameters: TensorMap) => ({ decoder: unitRows(named(parameters, "decoder") as Tensor2D) }),
});

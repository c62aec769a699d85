import { detach } from "@plumbline/ops";
import { div, maximum, mean, square, sub, sum, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/** Squared error of a batch: summed over dimensions, averaged over tokens. A scalar. */
export function squaredError(residual_BD: Tensor2D): Tensor {
  return div(sum(square(residual_BD)), residual_BD.shape[0]);
}

/** Below this a batch counts as constant; explained variance then reads as if the variance were this. */
const tinyVariance = 1e-30;

/**
 * Explained variance of one batch, `1 − Σ‖x − x̂‖² / Σ‖x − mean of the batch‖²`: for progress, not for reports, since the
 * mean is the batch's own. A scalar without gradient.
 */
export function batchExplainedVariance(x_BD: Tensor2D, residual_BD: Tensor2D): Tensor {
  const total = sum(square(sub(x_BD, mean(x_BD, 0, true))));
  return sub(1, div(sum(square(detach(residual_BD))), maximum(total, tinyVariance)));
}

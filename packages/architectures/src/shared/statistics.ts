import type { TensorMap } from "@plumbline/ops";
import { div, sum, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { deadCount, type Firing } from "./firing.ts";
import { batchExplainedVariance } from "./reconstruction.ts";

/** Names of what {@link standardStatistics} gives; every built-in architecture reports at least these. */
export const standardStatisticNames: readonly string[] = ["l0", "deadLatents", "explainedVariance"];

/**
 * Mean number of firing latents, dead latents, and explained variance of one batch.
 *
 * @param options.fired_F [F] how often each latent fired in the batch
 */
export function standardStatistics(options: {
  fired_F: Tensor1D;
  firing: Firing;
  x_BD: Tensor2D;
  residual_BD: Tensor2D;
}): TensorMap {
  const { fired_F, firing, x_BD, residual_BD } = options;
  const l0: Tensor = div(sum(fired_F), x_BD.shape[0]);
  return {
    l0,
    deadLatents: deadCount(firing.dead_F),
    explainedVariance: batchExplainedVariance(x_BD, residual_BD),
  };
}

import { mul, relu, step, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { denseFromSelection, largest } from "./selection.ts";

/**
 * TopK activation: of each token, the k largest pre-activations pass through `max(·, 0)`, all others become 0.
 *
 * Ties go to the lower index. The gradient passes at kept positive entries and nowhere else.
 *
 * @param preActs_BF `[B, F]` float32
 * @param options.k 1 … F
 * @returns `[B, F]`, at most k entries a row not zero; disposed by the caller
 * @throws PlumblineError `k-too-large`
 * @source Gao et al. 2024, "Scaling and evaluating sparse autoencoders", eq. 4
 * @example
 * import "@tensorflow/tfjs";
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { topK } from "@plumbline/ops";
 *
 * const latents = topK(tensor2d([[1, 3, 3, -1]]), { k: 2 });
 * console.log(Array.from(latents.dataSync())); // [ 0, 3, 3, 0 ]
 */
export function topK(preActs_BF: Tensor2D, options: { k: number }): Tensor2D {
  const dSae = preActs_BF.shape[1];
  return tidy(() => {
    const { values_BK, indices_BK } = largest(preActs_BF, options);
    const latents_BF = denseFromSelection({ values_BK: relu(values_BK), indices_BK }, { dSae });
    return differentiable({
      inputs: [preActs_BF],
      constants: [latents_BF],
      forward: () => latents_BF.clone(),
      gradient: (dy_BF, _inputs, [latents]) => [mul(dy_BF, step(latents as Tensor2D))],
    });
  });
}

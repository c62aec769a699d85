import { PlumblineError } from "@plumbline/core";
import {
  getBackend,
  mul,
  relu,
  reshape,
  scatterND,
  step,
  type Tensor1D,
  type Tensor2D,
  tidy,
  topk,
} from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";

/** tfjs's webgpu kernels carry indices as float32, which has every integer up to here. */
const maxOnWebgpu = 2 ** 24;

/**
 * BatchTopK activation: of the whole batch, the `k · B` largest pre-activations pass through `max(·, 0)`, all others become
 * 0. A token may keep more than k or none.
 *
 * Ties go to the earlier token, then the lower latent. The gradient passes at kept positive entries and nowhere else.
 *
 * @param preActs_BF `[B, F]` float32
 * @param options.k mean number kept per token, above 0; `⌊k · B⌋` are kept in all, at least one
 * @param options.ranking_BF what to choose by where that is not the pre-activations themselves; no gradient flows into it
 * @returns `[B, F]`, disposed by the caller
 * @throws PlumblineError `k-too-large` where k is not in 0 … F; `batch-too-large` on webgpu where B · F is above 2²⁴, which its
 *   indices cannot count
 * @source Bussmann et al. 2024, "BatchTopK sparse autoencoders"
 * @example
 * import "@tensorflow/tfjs";
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { batchTopK } from "@plumbline/ops";
 *
 * const latents = batchTopK(tensor2d([[1, 5, 4], [2, 0, -1]]), { k: 1 });
 * console.log(Array.from(latents.dataSync())); // [ 0, 5, 4, 0, 0, 0 ]
 */
export function batchTopK(preActs_BF: Tensor2D, options: { k: number; ranking_BF?: Tensor2D }): Tensor2D {
  const { k, ranking_BF = preActs_BF } = options;
  const [nTokens, nLatents] = preActs_BF.shape;
  if (!(k > 0 && k <= nLatents)) {
    throw new PlumblineError({
      code: "k-too-large",
      kind: "usage",
      message: `[ops] batchTopK(): expected k above 0 and at most ${nLatents} (the number of latents), got ${k}`,
      hint: "choose a smaller k or a larger dSae",
    });
  }
  const n = nTokens * nLatents;
  if (n > maxOnWebgpu && getBackend() === "webgpu") {
    throw new PlumblineError({
      code: "batch-too-large",
      kind: "usage",
      message: `[ops] batchTopK(): expected at most ${maxOnWebgpu} pre-activations a batch on webgpu, got ${nTokens} tokens of ${nLatents}`,
      hint: `take batches of at most ${Math.floor(maxOnWebgpu / nLatents)} tokens, or another backend`,
    });
  }
  const nKept = Math.max(1, Math.floor(k * nTokens));
  return tidy(() => {
    const { values, indices } = topk(reshape(ranking_BF, [1, n]), nKept, true);
    // A kept entry that ranks at or below 0 would be 0 after the ReLU anyway.
    const kept = scatterND(reshape(indices, [nKept, 1]), step(reshape(values, [nKept])) as Tensor1D, [n]);
    const mask_BF = mul(reshape(kept, [nTokens, nLatents]), step(preActs_BF)) as Tensor2D;
    return differentiable({
      inputs: [preActs_BF],
      constants: [mask_BF],
      forward: () => mul(relu(preActs_BF), mask_BF) as Tensor2D,
      gradient: (dy_BF, _inputs, [mask]) => [mul(dy_BF, mask as Tensor2D)],
    });
  });
}

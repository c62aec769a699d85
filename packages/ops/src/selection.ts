import { PlumblineError } from "@plumbline/core";
import { reshape, scatterND, step, type Tensor1D, type Tensor2D, tidy, topk } from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { gatherSelected, positions } from "./gather-selected.ts";

/** K latents of each token: which, and their values. */
export interface Selection {
  /** [B, K], largest first */
  readonly values_BK: Tensor2D;
  /** [B, K] int32, distinct within a row */
  readonly indices_BK: Tensor2D;
}

/**
 * The k largest pre-activations of each token, largest first; ties go to the lower index. Carries no gradient: see
 * {@link selectPreActivations} and {@link topK}.
 *
 * @param options.k 1 … F
 * @throws PlumblineError `k-too-large` where k is not an integer in 1 … F
 */
export function largest(preActs_BF: Tensor2D, options: { k: number }): Selection {
  const { k } = options;
  const nLatents = preActs_BF.shape[1];
  if (!Number.isInteger(k) || k < 1 || k > nLatents) {
    throw new PlumblineError({
      code: "k-too-large",
      kind: "usage",
      message: `[ops] largest(): expected k in 1 … ${nLatents} (the number of latents), got ${k}`,
      hint: "choose a smaller k or a larger dSae",
    });
  }
  const { values, indices } = topk(preActs_BF, k, true);
  return { values_BK: values as Tensor2D, indices_BK: indices as Tensor2D };
}

/**
 * Spreads chosen values over all latents: `[B, F]`, zero elsewhere. The gradient reaches the values only.
 *
 * @param options.dSae F
 */
export function denseFromSelection(selection: Selection, options: { dSae: number }): Tensor2D {
  const { dSae } = options;
  const { values_BK, indices_BK } = selection;
  const nRows = values_BK.shape[0];
  return differentiable({
    inputs: [values_BK],
    constants: [indices_BK],
    forward: () => scatterND(positions(indices_BK), values_BK, [nRows, dSae]) as Tensor2D,
    gradient: (dy_BF, _inputs, [indices]) => [gatherSelected(dy_BF, indices as Tensor2D)],
  });
}

/** How often each latent was chosen with a positive value: [F] float32 counts. No gradient. */
export function firingCounts(selection: Selection, options: { dSae: number }): Tensor1D {
  const { values_BK, indices_BK } = selection;
  const n = values_BK.size;
  // step(v) is 1 for v > 0, else 0.
  return tidy(
    () => scatterND(reshape(indices_BK, [n, 1]), reshape(step(values_BK), [n]), [options.dSae]) as Tensor1D,
  );
}

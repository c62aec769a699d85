import {
  add,
  matMul,
  mul,
  reshape,
  scatterND,
  sum,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { type Composition, cheaperComposition } from "./composition.ts";
import { runFused } from "./fused-kernels.ts";
import { gatherRows } from "./gather-selected.ts";
import { denseFromSelection, type Selection } from "./selection.ts";

/** Dot products of chosen rows with one row of y for each token: `⟨rows[indices_bj], y_b⟩`, `[B, K]`. No gradient. */
export function dotRows(rows_FD: Tensor2D, indices_BK: Tensor2D, y_BD: Tensor2D): Tensor2D {
  return tidy(() => {
    const [dots_BK] = runFused("dotRows", { rows: rows_FD, indices: indices_BK, y: y_BD }) ?? [];
    if (dots_BK !== undefined) return dots_BK as Tensor2D;
    const [nRows, dIn] = y_BD.shape;
    return sum(mul(gatherRows(rows_FD, indices_BK), reshape(y_BD, [nRows, 1, dIn])), 2) as Tensor2D;
  });
}

/** Weighted sums of chosen rows: `Σ_j values_bj · rows[indices_bj] + bias`, `[B, D]`. No gradient. */
export function combineRows(selection: Selection, rows_FD: Tensor2D, bias_D: Tensor1D): Tensor2D {
  const { values_BK, indices_BK } = selection;
  return tidy(() => {
    const inputs = { values: values_BK, indices: indices_BK, rows: rows_FD, bias: bias_D };
    const [sums_BD] = runFused("combineRows", inputs) ?? [];
    if (sums_BD !== undefined) return sums_BD as Tensor2D;
    const [nRows, k] = values_BK.shape;
    const weights_B1K = reshape(values_BK, [nRows, 1, k]) as Tensor3D;
    const combined_B1D = matMul(weights_B1K, gatherRows(rows_FD, indices_BK));
    return add(reshape(combined_B1D, [nRows, rows_FD.shape[1]]), bias_D) as Tensor2D;
  });
}

/**
 * Sum of outer products by latent: `out_FD[i] = Σ_b value(b, i) · y_BD[b]`, the gradient of every weight matrix whose
 * latents are sparse. No gradient of its own.
 *
 * @param options.composition the cheaper one where it is left out
 */
export function accumulateRows(
  selection: Selection,
  y_BD: Tensor2D,
  options: { dSae: number; composition?: Composition },
): Tensor2D {
  const { values_BK, indices_BK } = selection;
  const [nRows, k] = values_BK.shape;
  const { dSae, composition = cheaperComposition(k, dSae) } = options;
  const dIn = y_BD.shape[1];
  return tidy(() => {
    if (composition === "dense") {
      return matMul(transpose(denseFromSelection(selection, { dSae })) as Tensor2D, y_BD);
    }
    const inputs = { values: values_BK, indices: indices_BK, y: y_BD };
    const [rows_FD] = runFused("accumulateRows", inputs, { size: dSae }) ?? [];
    if (rows_FD !== undefined) return rows_FD as Tensor2D;
    const outer_BKD = mul(reshape(values_BK, [nRows, k, 1]), reshape(y_BD, [nRows, 1, dIn])) as Tensor3D;
    const rows = reshape(outer_BKD, [nRows * k, dIn]);
    return scatterND(reshape(indices_BK, [nRows * k, 1]), rows, [dSae, dIn]) as Tensor2D;
  });
}

/** Sum of values by latent: `[F]`. No gradient. */
export function accumulateValues(selection: Selection, options: { dSae: number }): Tensor1D {
  const { values_BK, indices_BK } = selection;
  const n = values_BK.size;
  return tidy(
    () => scatterND(reshape(indices_BK, [n, 1]), reshape(values_BK, [n]), [options.dSae]) as Tensor1D,
  );
}

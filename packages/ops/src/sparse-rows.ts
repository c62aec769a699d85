import {
  matMul,
  mul,
  reshape,
  scatterND,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { denseFromSelection, type Selection } from "./selection.ts";

/**
 * Whether work on K of F latents is better done on gathered rows than as a dense product. Measured on the wasm backend
 * (B 512, D 512, F 2048): the gathered forms cost about 0.35 ms for each of K, the dense product 33 ms, so they break even
 * near F / 20; gathered rows also take B · K · D floats of memory.
 */
export function worksOnRows(k: number, dSae: number): boolean {
  return k * 20 <= dSae;
}

/**
 * Sum of outer products by latent: `out_FD[i] = Σ_b value(b, i) · y_BD[b]`, the gradient of every weight matrix whose
 * latents are sparse. No gradient of its own.
 */
export function accumulateRows(selection: Selection, y_BD: Tensor2D, options: { dSae: number }): Tensor2D {
  const { dSae } = options;
  const { values_BK, indices_BK } = selection;
  const [nRows, k] = values_BK.shape;
  const dIn = y_BD.shape[1];
  return tidy(() => {
    if (!worksOnRows(k, dSae)) {
      return matMul(transpose(denseFromSelection(selection, { dSae })) as Tensor2D, y_BD);
    }
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

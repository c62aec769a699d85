import {
  add,
  gatherND,
  mul,
  range,
  reshape,
  scalar,
  type Tensor2D,
  type Tensor3D,
  tidy,
} from "@tensorflow/tfjs-core";

/** [B·K, 1] positions of chosen latents in a flattened [B, F]. */
export function flatPositions(indices_BK: Tensor2D, nLatents: number): Tensor2D {
  const [nRows, k] = indices_BK.shape;
  return tidy(() => {
    const rowStarts = mul(reshape(range(0, nRows, 1, "int32"), [nRows, 1]), scalar(nLatents, "int32"));
    return reshape(add(indices_BK, rowStarts), [nRows * k, 1]) as Tensor2D;
  });
}

/**
 * Entries of a dense [B, F] at the chosen latents of each token: [B, K]. No gradient.
 */
export function gatherSelected(dense_BF: Tensor2D, indices_BK: Tensor2D): Tensor2D {
  const [nRows, nLatents] = dense_BF.shape;
  const k = indices_BK.shape[1];
  return tidy(() => {
    const flat = gatherND(reshape(dense_BF, [nRows * nLatents]), flatPositions(indices_BK, nLatents));
    return reshape(flat, [nRows, k]) as Tensor2D;
  });
}

/**
 * Rows of a weight matrix for the chosen latents: [B, K, D]. No gradient.
 *
 * `gatherND`, not `gather`: on the wasm backend (tfjs 4.22) it was 180 times faster for these shapes, because it copies
 * whole rows.
 */
export function gatherRows(weights_FD: Tensor2D, indices_BK: Tensor2D): Tensor3D {
  const [nRows, k] = indices_BK.shape;
  return tidy(() => {
    const rows = gatherND(weights_FD, reshape(indices_BK, [nRows * k, 1]));
    return reshape(rows, [nRows, k, weights_FD.shape[1]]) as Tensor3D;
  });
}

import {
  gatherND,
  range,
  reshape,
  stack,
  type Tensor2D,
  type Tensor3D,
  tidy,
  tile,
} from "@tensorflow/tfjs-core";

/**
 * [B, K, 2] token and latent of each choice. Two numbers and not one position in a flattened [B, F], because webgpu reads
 * indices as float32, which is not exact above 2²⁴.
 */
export function positions(indices_BK: Tensor2D): Tensor3D {
  const [nRows, k] = indices_BK.shape;
  return tidy(() => {
    const tokens_BK = tile(reshape(range(0, nRows, 1, "int32"), [nRows, 1]), [1, k]);
    return stack([tokens_BK, indices_BK], 2) as Tensor3D;
  });
}

/**
 * Entries of a dense [B, F] at the chosen latents of each token: [B, K]. No gradient.
 */
export function gatherSelected(dense_BF: Tensor2D, indices_BK: Tensor2D): Tensor2D {
  return tidy(() => gatherND(dense_BF, positions(indices_BK)) as Tensor2D);
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

import { PlumblineError } from "./errors/plumbline-error.ts";

/**
 * Latents of a batch in compressed sparse rows (CSR): row b holds the pairs
 * `(indices[j], values[j])` for `rowStarts[b] ≤ j < rowStarts[b + 1]`.
 *
 * Guarantees: indices are strictly ascending within a row, values are finite and not zero. Every metric, store and page
 * takes latents in this form; a dense `[B, dSae]` array never crosses an engine's border.
 */
export interface SparseLatents {
  readonly nRows: number;
  readonly dSae: number;
  /** [nRows + 1], ascending from 0 to the number of stored values */
  readonly rowStarts: Uint32Array;
  /** latent of each stored value */
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/**
 * Compresses dense latents, dropping exact zeros.
 *
 * @param dense_BF `[nRows, dSae]`, row-major
 * @returns rows in order, indices ascending
 * @example
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const latents = sparseFromDense(Float32Array.of(0, 2, 0, 3), { nRows: 2, dSae: 2 });
 * console.log([...latents.rowStarts], [...latents.indices]); // [ 0, 1, 2 ] [ 1, 1 ]
 */
export function sparseFromDense(
  dense_BF: Float32Array,
  shape: { nRows: number; dSae: number },
): SparseLatents {
  const { nRows, dSae } = shape;
  if (dense_BF.length !== nRows * dSae) {
    throw new PlumblineError({
      code: "shape-mismatch",
      kind: "bug",
      message: `[core] sparseFromDense(): expected ${nRows} × ${dSae} values, got ${dense_BF.length}`,
    });
  }
  let nStored = 0;
  for (let j = 0; j < dense_BF.length; j++) if (dense_BF[j] !== 0) nStored++;
  const rowStarts = new Uint32Array(nRows + 1);
  const indices = new Uint32Array(nStored);
  const values = new Float32Array(nStored);
  let next = 0;
  for (let row = 0; row < nRows; row++) {
    for (let latent = 0; latent < dSae; latent++) {
      const value = dense_BF[row * dSae + latent] ?? 0;
      if (value !== 0) {
        indices[next] = latent;
        values[next] = value;
        next++;
      }
    }
    rowStarts[row + 1] = next;
  }
  return { nRows, dSae, rowStarts, indices, values };
}

/** The inverse of {@link sparseFromDense}; returns `[nRows, dSae]`, row-major. */
export function denseFromSparse(latents: SparseLatents): Float32Array {
  const dense = new Float32Array(latents.nRows * latents.dSae);
  for (let row = 0; row < latents.nRows; row++) {
    const end = latents.rowStarts[row + 1] ?? 0;
    for (let j = latents.rowStarts[row] ?? 0; j < end; j++) {
      dense[row * latents.dSae + (latents.indices[j] ?? 0)] = latents.values[j] ?? 0;
    }
  }
  return dense;
}

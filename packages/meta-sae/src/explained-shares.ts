import { meanRow } from "@plumbline/metrics";

/**
 * How much of each row its reconstruction explains: 1 − ‖row − rebuilt‖² / ‖row − mean‖², mean over all rows. 1 is perfect, 0 is as
 * good as the mean row, below 0 is worse. Explained variance is the mean of these, weighted by ‖row − mean‖². Summed in float64.
 *
 * @param rows [dSae, dIn]
 * @param rebuilt [dSae, dIn]
 * @param options `dIn`
 * @returns [dSae]; NaN where a row is the mean of all
 * @source ours: the terms of explained variance, row by row
 * @example
 * import { explainedShares } from "@plumbline/meta-sae";
 *
 * const rows = Float32Array.of(1, 0, -1, 0);
 * console.log(explainedShares(rows, Float32Array.of(1, 0, 0, 0), { dIn: 2 })); // Float64Array(2) [ 1, 0 ]
 */
export function explainedShares(
  rows: Float32Array,
  rebuilt: Float32Array,
  options: { readonly dIn: number },
): Float64Array {
  const { dIn } = options;
  const mean = meanRow(rows, dIn);
  return Float64Array.from({ length: rows.length / dIn }, (_, row) => {
    let [error, deviation] = [0, 0];
    for (let j = 0; j < dIn; j++) {
      const value = rows[row * dIn + j] as number;
      error += (value - (rebuilt[row * dIn + j] as number)) ** 2;
      deviation += (value - (mean[j] as number)) ** 2;
    }
    return deviation === 0 ? Number.NaN : 1 - error / deviation;
  });
}

import { createColumnMoments } from "./column-moments.ts";

/** Mean row of `[n, width]`, in float64. */
export function meanRow(rows: Float32Array, width: number): Float64Array {
  const moments = createColumnMoments(width);
  for (let offset = 0; offset < rows.length; offset += width) moments.addRow(rows, offset);
  return moments.mean;
}

/**
 * Rows divided by their norms; rows of zeros stay zeros, so that their cosine to anything is 0.
 *
 * @param rows `[n, width]`
 * @param options `centre`: a row that is taken off first, the mean for cosines that ignore what all rows share
 */
export function unitRows(
  rows: Float32Array,
  width: number,
  options: { readonly centre?: Float64Array } = {},
): Float32Array {
  const { centre } = options;
  const out = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    let square = 0;
    for (let j = 0; j < width; j++) {
      const value = (rows[start + j] as number) - (centre?.[j] ?? 0);
      square += value * value;
    }
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let j = 0; j < width; j++) {
      out[start + j] = ((rows[start + j] as number) - (centre?.[j] ?? 0)) * scale;
    }
  }
  return out;
}

/** Rows divided by their norms, in plain arrays, the norms in float64. */
export function unitRowsOf(rows: Float32Array, width: number): Float32Array {
  const out = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    let square = 0;
    for (let j = start; j < start + width; j++) square += (rows[j] ?? 0) ** 2;
    const norm = Math.sqrt(square);
    for (let j = start; j < start + width; j++) out[j] = (rows[j] ?? 0) / norm;
  }
  return out;
}

/** Mean and squared deviations of rows, column by column, in one pass. */
export interface ColumnMoments {
  /** takes the row of `width` values at `offset` of `rows` */
  addRow(rows: Float32Array, offset: number): void;
  readonly nRows: number;
  /** [width] mean so far */
  readonly mean: Float64Array;
  /** Σ over rows and columns of (value − column mean)² */
  squaredDeviation(): number;
}

/**
 * Running moments in float64 by Welford's update, one row at a time: rows are never squared before their mean is taken off,
 * so activations with a large common mean lose nothing, and how rows are grouped into batches cannot matter.
 *
 * @source Welford, "Note on a method for calculating corrected sums of squares and products", 1962
 */
export function createColumnMoments(width: number): ColumnMoments {
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  let nRows = 0;
  return {
    mean,
    get nRows(): number {
      return nRows;
    },
    addRow: (rows, offset) => {
      nRows++;
      for (let column = 0; column < width; column++) {
        const value = rows[offset + column] ?? 0;
        const before = value - (mean[column] ?? 0);
        const after = (mean[column] ?? 0) + before / nRows;
        mean[column] = after;
        deviation[column] = (deviation[column] ?? 0) + before * (value - after);
      }
    },
    squaredDeviation: () => deviation.reduce((sum, value) => sum + value, 0),
  };
}

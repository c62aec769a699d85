/** Mean and squared deviations of rows, column by column, in one pass. */
export interface ColumnMoments {
  /** takes the row of `width` values at `offset` of `rows` */
  addRow(rows: Float32Array, offset: number): void;
  readonly nRows: number;
  /** [width] mean so far */
  readonly mean: Float64Array;
  /** Σ over rows and columns of (value − column mean)² */
  readonly squaredDeviation: number;
}

/**
 * Running moments in float64 by Welford's update, one row at a time: rows are never squared before their mean is taken off,
 * so activations with a large common mean lose nothing, and how rows are grouped into batches cannot matter.
 *
 * @source Welford, "Note on a method for calculating corrected sums of squares and products", 1962
 */
export function createColumnMoments(width: number): ColumnMoments {
  return momentsFrom(new Float64Array(width), { nRows: 0, squaredDeviation: 0 });
}

function momentsFrom(
  mean: Float64Array,
  start: { readonly nRows: number; readonly squaredDeviation: number },
): ColumnMoments {
  let { nRows, squaredDeviation } = start;
  return {
    mean,
    get nRows(): number {
      return nRows;
    },
    get squaredDeviation(): number {
      return squaredDeviation;
    },
    addRow: (rows, offset) => {
      nRows++;
      const share = 1 / nRows;
      let sum = 0;
      for (let column = 0; column < mean.length; column++) {
        const value = rows[offset + column] ?? 0;
        const before = value - (mean[column] ?? 0);
        const after = (mean[column] ?? 0) + before * share;
        mean[column] = after;
        sum += before * (value - after);
      }
      squaredDeviation += sum;
    },
  };
}

/**
 * Moments of all rows of both.
 *
 * @source Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979
 */
export function mergeMoments(a: ColumnMoments, b: ColumnMoments): ColumnMoments {
  const nRows = a.nRows + b.nRows;
  const share = nRows === 0 ? 0 : b.nRows / nRows;
  let apart = 0;
  const mean = a.mean.map((value, column) => {
    const difference = (b.mean[column] ?? 0) - value;
    apart += difference * difference;
    return value + difference * share;
  });
  const squaredDeviation = a.squaredDeviation + b.squaredDeviation + apart * a.nRows * share;
  return momentsFrom(mean, { nRows, squaredDeviation });
}

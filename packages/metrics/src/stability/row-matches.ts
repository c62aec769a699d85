/** Cosines between two sets of rows, and their best one-to-one assignment. */
export interface RowMatches {
  readonly nRows: number;
  readonly nColumns: number;
  /** [nRows] largest cosine of each row to any column */
  readonly rowMaxima: Float32Array;
  /** [nColumns] largest cosine of each column to any row */
  readonly columnMaxima: Float32Array;
  /** [nRows] column that each row is assigned to; −1 for rows left over */
  readonly columnOf: Int32Array;
  /** [nRows] cosine to it; NaN for rows left over */
  readonly cosines: Float32Array;
  /** no assignment has a larger sum of cosines; equal to the sum reached where the assignment is exact */
  readonly sumAtMost: number;
  readonly method: "exact" | "bounded";
}

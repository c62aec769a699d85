/** An assignment on its way: who is assigned to whom, and the price of each column. Costs are negative scores. */
export interface AssignmentState {
  /** `[nRows, nColumns]` */
  readonly scores: Float32Array;
  readonly nRows: number;
  readonly nColumns: number;
  /** [nRows] column of each row, −1 for none */
  readonly columnOf: Int32Array;
  /** [nColumns] row of each column, −1 for none */
  readonly rowOf: Int32Array;
  /**
   * [nColumns] price v: a row is assigned to a column at which its cost minus the price is least, always. That is what makes a
   * complete assignment the best one.
   */
  readonly price: Float64Array;
}

export function createAssignmentState(
  scores: Float32Array,
  nRows: number,
  nColumns: number,
): AssignmentState {
  return {
    scores,
    nRows,
    nColumns,
    columnOf: new Int32Array(nRows).fill(-1),
    rowOf: new Int32Array(nColumns).fill(-1),
    price: new Float64Array(nColumns),
  };
}

import { PlumblineError } from "@plumbline/core";
import { augment } from "./assignment-augment.ts";
import { reduceRows } from "./assignment-reduce.ts";
import { createAssignmentState } from "./assignment-state.ts";

function transposed(scores: Float32Array, nRows: number, nColumns: number): Float32Array {
  const out = new Float32Array(scores.length);
  for (let i = 0; i < nRows; i++) {
    for (let j = 0; j < nColumns; j++) out[j * nRows + i] = scores[i * nColumns + j] as number;
  }
  return out;
}

function check(scores: Float32Array, nRows: number, nColumns: number): void {
  const refuse = (code: "shape-mismatch" | "not-finite", message: string): never => {
    throw new PlumblineError({ code, kind: "usage", message: `[metrics] assignMaximum(): ${message}` });
  };
  if (scores.length !== nRows * nColumns) {
    refuse("shape-mismatch", `expected ${nRows} × ${nColumns} scores, got ${scores.length}`);
  }
  for (let at = 0; at < scores.length; at++) {
    if (!Number.isFinite(scores[at])) {
      const row = Math.floor(at / nColumns);
      refuse(
        "not-finite",
        `expected finite scores, got ${scores[at]} in row ${row}, column ${at % nColumns}`,
      );
    }
  }
}

/**
 * The one-to-one assignment of rows to columns with the largest sum of scores, exactly: the linear assignment problem, by the
 * algorithm of Jonker and Volgenant. Sums and prices are float64. Of several best assignments it gives one.
 *
 * Takes O(n³) in the worst case and far less on cosines; memory beside the scores grows with rows + columns, and where there
 * are more rows than columns with a transposed copy of the scores.
 *
 * @param scores `[nRows, nColumns]`, row-major, finite
 * @returns [nRows] column of each row; −1 for rows left over, of which there are some where `nRows > nColumns`
 * @throws PlumblineError `shape-mismatch`, `not-finite`
 * @source Jonker & Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems",
 *   Computing 38 (1987)
 * @example
 * import { assignMaximum } from "@plumbline/metrics";
 *
 * const scores = Float32Array.of(0.9, 0.8, 0.8, 0.1);
 * console.log([...assignMaximum(scores, 2, 2)]); // [ 1, 0 ]
 */
export function assignMaximum(scores: Float32Array, nRows: number, nColumns: number): Int32Array {
  check(scores, nRows, nColumns);
  if (nRows > nColumns) {
    const rowOf = assignMaximum(transposed(scores, nRows, nColumns), nColumns, nRows);
    const columns = new Int32Array(nRows).fill(-1);
    for (const [column, row] of rowOf.entries()) columns[row] = column;
    return columns;
  }
  const state = createAssignmentState(scores, nRows, nColumns);
  // Starting prices are allowed only where every column finds a row: a column that stays free must keep price 0.
  const free = nRows === nColumns ? reduceRows(state) : Int32Array.from({ length: nRows }, (_, row) => row);
  augment(state, free);
  return state.columnOf;
}

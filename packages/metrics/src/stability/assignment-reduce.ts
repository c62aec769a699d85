import type { AssignmentState } from "./assignment-state.ts";

/**
 * Column reduction: each column takes its least cost as price, and the row that has it where that row is free. Returns how many
 * columns have each row as theirs.
 */
function reduceColumns({ scores, nRows, nColumns, columnOf, rowOf, price }: AssignmentState): Int32Array {
  const best = new Int32Array(nColumns);
  price.fill(Number.POSITIVE_INFINITY);
  // Row by row: the matrix is far larger than any cache.
  for (let i = 0; i < nRows; i++) {
    for (let j = 0; j < nColumns; j++) {
      const cost = -(scores[i * nColumns + j] as number);
      if (cost < (price[j] as number)) {
        price[j] = cost;
        best[j] = i;
      }
    }
  }
  const nMatches = new Int32Array(nRows);
  for (let j = nColumns - 1; j >= 0; j--) {
    const i = best[j] as number;
    nMatches[i] = (nMatches[i] as number) + 1;
    if (columnOf[i] !== -1) continue;
    columnOf[i] = j;
    rowOf[j] = i;
  }
  return nMatches;
}

/** Reduction transfer: a row with one column lowers that column's price to the point where its second choice is as good. */
function transferReductions(state: AssignmentState, nMatches: Int32Array): void {
  const { scores, nRows, nColumns, columnOf, price } = state;
  for (let i = 0; i < nRows; i++) {
    const own = columnOf[i] as number;
    if (own === -1 || nMatches[i] !== 1) continue;
    let second = Number.POSITIVE_INFINITY;
    for (let j = 0; j < nColumns; j++) {
      const reduced = -(scores[i * nColumns + j] as number) - (price[j] as number);
      if (reduced < second && j !== own) second = reduced;
    }
    // Alone with its only column there is no second choice.
    if (second < Number.POSITIVE_INFINITY) price[own] = (price[own] as number) - second;
  }
}

/** A row's two least reduced costs and where they are. */
interface TwoBest {
  column: number;
  least: number;
  secondColumn: number;
  second: number;
}

function findTwoBest({ scores, nColumns, price }: AssignmentState, row: number, out: TwoBest): void {
  let [column, secondColumn] = [0, 0];
  let least = Number.POSITIVE_INFINITY;
  let second = Number.POSITIVE_INFINITY;
  const base = row * nColumns;
  for (let j = 0; j < nColumns; j++) {
    const reduced = -(scores[base + j] as number) - (price[j] as number);
    if (reduced >= second) continue;
    if (reduced >= least) {
      second = reduced;
      secondColumn = j;
    } else {
      second = least;
      secondColumn = column;
      least = reduced;
      column = j;
    }
  }
  Object.assign(out, { column, least, secondColumn, second });
}

/**
 * Augmenting row reduction: each free row takes its best column and lowers its price to the second best; the row that had it
 * looks again, at once where the price fell, in the next round where it did not.
 */
function reduceAugmenting(state: AssignmentState, free: Int32Array): Int32Array {
  const { nRows, columnOf, rowOf, price } = state;
  const found: TwoBest = { column: 0, least: 0, secondColumn: 0, second: 0 };
  const later = new Int32Array(nRows);
  let nLater = 0;
  // Rows can outbid each other by little for long; shortest paths end that.
  let nLooks = 4 * nRows;
  for (let start of free) {
    for (let row = start; row !== -1; row = start) {
      if (nLooks-- <= 0) {
        later[nLater++] = row;
        break;
      }
      findTwoBest(state, row, found);
      let { column } = found;
      const before = price[column] as number;
      // Differences below the price's rounding change nothing, and must not count as a fall.
      const lowered = before - (found.second - found.least);
      let displaced = rowOf[column] as number;
      if (lowered < before) price[column] = lowered;
      else if (displaced !== -1) {
        column = found.secondColumn;
        displaced = rowOf[column] as number;
      }
      columnOf[row] = column;
      rowOf[column] = row;
      start = -1;
      if (displaced === -1) continue;
      columnOf[displaced] = -1;
      if (lowered < before) start = displaced;
      else later[nLater++] = displaced;
    }
  }
  return later.slice(0, nLater);
}

/** The cheap first phases of Jonker and Volgenant, for as many rows as columns. Returns the rows that are still free. */
export function reduceRows(state: AssignmentState): Int32Array {
  if (state.nRows === 0) return new Int32Array(0);
  transferReductions(state, reduceColumns(state));
  let free: Int32Array = Int32Array.from(state.columnOf.keys()).filter((row) => state.columnOf[row] === -1);
  for (let round = 0; round < 2 && free.length > 0; round++) free = reduceAugmenting(state, free);
  return free;
}

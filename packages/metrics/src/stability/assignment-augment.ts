import type { AssignmentState } from "./assignment-state.ts";

/** Working memory of the search for shortest paths, kept from row to row. */
interface Search {
  /** [nColumns] length of the shortest path to each column so far */
  readonly distance: Float64Array;
  /** [nColumns] row before each column on that path */
  readonly before: Int32Array;
  /** columns: those that are settled, then those at the present distance, then all others */
  readonly columns: Int32Array;
}

/** Moves all columns at the least distance among `columns[from …]` to the front of that part; returns where they end. */
function gatherNearest({ distance, columns }: Search, from: number): number {
  let end = from + 1;
  let least = distance[columns[from] as number] as number;
  for (let k = from + 1; k < columns.length; k++) {
    const column = columns[k] as number;
    const d = distance[column] as number;
    if (d > least) continue;
    if (d < least) {
      end = from;
      least = d;
    }
    columns[k] = columns[end] as number;
    columns[end++] = column;
  }
  return end;
}

/** Finds the shortest path from a free row to a free column; returns that column and the number of settled ones. */
function findPath(
  state: AssignmentState,
  freeRow: number,
  search: Search,
): { end: number; nSettled: number } {
  const { scores, nColumns, rowOf, price } = state;
  const { distance, before, columns } = search;
  for (let j = 0; j < nColumns; j++) {
    distance[j] = -(scores[freeRow * nColumns + j] as number) - (price[j] as number);
    before[j] = freeRow;
    columns[j] = j;
  }
  let [scanned, near] = [0, 0];
  let nSettled = 0;
  for (;;) {
    if (scanned === near) {
      nSettled = scanned;
      near = gatherNearest(search, scanned);
      for (let k = scanned; k < near; k++) {
        const column = columns[k] as number;
        if (rowOf[column] === -1) return { end: column, nSettled };
      }
    }
    const column = columns[scanned++] as number;
    const least = distance[column] as number;
    const row = rowOf[column] as number;
    const base = row * nColumns;
    const shift = -(scores[base + column] as number) - (price[column] as number) - least;
    for (let k = near; k < nColumns; k++) {
      const other = columns[k] as number;
      const length = -(scores[base + other] as number) - (price[other] as number) - shift;
      if (length >= (distance[other] as number)) continue;
      distance[other] = length;
      before[other] = row;
      if (length > least) continue;
      if (rowOf[other] === -1) return { end: other, nSettled };
      columns[k] = columns[near] as number;
      columns[near++] = other;
    }
  }
}

/** Assigns every free row by a shortest augmenting path, Dijkstra's over reduced costs, and adjusts prices on the way. */
export function augment(state: AssignmentState, free: Int32Array): void {
  const { nColumns, columnOf, rowOf, price } = state;
  const search: Search = {
    distance: new Float64Array(nColumns),
    before: new Int32Array(nColumns),
    columns: new Int32Array(nColumns),
  };
  for (const freeRow of free) {
    const { end, nSettled } = findPath(state, freeRow, search);
    const length = search.distance[end] as number;
    for (let k = 0; k < nSettled; k++) {
      const column = search.columns[k] as number;
      price[column] = (price[column] as number) + (search.distance[column] as number) - length;
    }
    for (let column = end; ; ) {
      const row = search.before[column] as number;
      const next = columnOf[row] as number;
      rowOf[column] = row;
      columnOf[row] = column;
      if (row === freeRow) break;
      column = next;
    }
  }
}

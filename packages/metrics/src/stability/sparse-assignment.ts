import type { Candidates } from "./candidates.ts";
import { createDistanceHeap } from "./distance-heap.ts";

/** Candidates in arrays. */
interface Edges {
  readonly starts: Uint32Array;
  readonly columns: Int32Array;
  readonly costs: Float64Array;
}

function edgesOf(candidates: Candidates): Edges {
  const starts = new Uint32Array(candidates.length + 1);
  candidates.forEach((list, row) => {
    starts[row + 1] = (starts[row] as number) + list.size;
  });
  const columns = new Int32Array(starts[candidates.length] as number);
  const costs = new Float64Array(columns.length);
  let at = 0;
  for (const list of candidates) {
    for (const [column, score] of list) {
      columns[at] = column;
      costs[at++] = -score;
    }
  }
  return { starts, columns, costs };
}

/** What a row without a column is worth: the cosine that unrelated directions have on average. */
const worthAlone = 0;

/**
 * The assignment with the largest sum of scores among candidates, where a row may also stay alone for 0: shortest augmenting
 * paths over reduced costs, one row after another.
 *
 * @returns `columnOf` [nRows], −1 for rows alone; `prices` [nColumns], at least 0, 0 for free columns
 */
export function assignCandidates(
  candidates: Candidates,
  nColumns: number,
): { columnOf: Int32Array; prices: Float64Array } {
  const { starts, columns, costs } = edgesOf(candidates);
  const nRows = candidates.length;
  const columnOf = new Int32Array(nRows).fill(-1);
  const rowOf = new Int32Array(nColumns).fill(-1);
  /** cost of the edge by which a column is assigned */
  const costOf = new Float64Array(nColumns);
  const prices = new Float64Array(nColumns);
  const distance = new Float64Array(nColumns).fill(Number.POSITIVE_INFINITY);
  const before = new Int32Array(nColumns);
  const edgeCost = new Float64Array(nColumns);
  const heap = createDistanceHeap(distance);

  /** Where a path ends: at a free column, or at a row that gives up its own. */
  const findEnd = (start: number, settled: number[], touched: number[]) => {
    let end = { row: start, column: -1, length: -worthAlone };
    let row = start;
    let shift = 0;
    for (;;) {
      for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) {
        const column = columns[at] as number;
        const length = (costs[at] as number) + (prices[column] as number) - shift;
        if (length >= (distance[column] as number)) continue;
        if (distance[column] === Number.POSITIVE_INFINITY) touched.push(column);
        distance[column] = length;
        before[column] = row;
        edgeCost[column] = costs[at] as number;
        heap.push(column);
      }
      const nearest = heap.pop();
      if (nearest === -1 || (distance[nearest] as number) >= end.length) return end;
      row = rowOf[nearest] as number;
      if (row === -1) return { row: -1, column: nearest, length: distance[nearest] as number };
      settled.push(nearest);
      shift = (costOf[nearest] as number) + (prices[nearest] as number) - (distance[nearest] as number);
      if (-worthAlone - shift < end.length) end = { row, column: -1, length: -worthAlone - shift };
    }
  };

  for (let start = 0; start < nRows; start++) {
    const settled: number[] = [];
    const touched: number[] = [];
    const end = findEnd(start, settled, touched);
    for (const column of settled) {
      prices[column] = (prices[column] as number) + end.length - (distance[column] as number);
    }
    // Back along the path: each row takes the column it was found by, and leaves its own to the row before.
    let column = end.column;
    if (column === -1 && end.row !== start) {
      column = columnOf[end.row] as number;
      columnOf[end.row] = -1;
    }
    while (column !== -1) {
      const row = before[column] as number;
      const own = columnOf[row] as number;
      columnOf[row] = column;
      rowOf[column] = row;
      costOf[column] = edgeCost[column] as number;
      column = row === start ? -1 : own;
    }
    for (const one of touched) distance[one] = Number.POSITIVE_INFINITY;
    heap.clear();
  }
  return { columnOf, prices };
}

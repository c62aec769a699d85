import type { RowPair } from "../values/bands.ts";
import { assignMaximum } from "./assignment.ts";
import { boundByPrices, findCandidates } from "./candidates.ts";
import type { RowMatches } from "./row-matches.ts";
import { assignCandidates } from "./sparse-assignment.ts";

/** How much an assignment from candidates keeps. */
export interface BoundedOptions {
  /** best columns of each row, 32 by default */
  readonly perRow?: number;
  /** best rows of each column, 8 by default */
  readonly perColumn?: number;
  /** attempts, each with more candidates where prices say that some are missing; 3 by default */
  readonly rounds?: number;
  /** mean cosine that may be missed without another attempt, 1e-4 by default */
  readonly tolerance?: number;
  /** most rows without a column that are assigned exactly among each other, 8192 by default; beyond, one after another */
  readonly leftOver?: number;
}

function dotOf({ a, b, width }: RowPair, row: number, column: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (a[row * width + k] as number) * (b[column * width + k] as number);
  return Math.fround(sum);
}

function pick(rows: Float32Array, width: number, which: readonly number[]): Float32Array {
  const out = new Float32Array(which.length * width);
  which.forEach((row, i) => {
    out.set(rows.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

/** Gives free rows the free columns. */
function assignLeftOver(pair: RowPair, columnOf: Int32Array, nColumns: number, limit: number): void {
  const taken = new Uint8Array(nColumns);
  for (const column of columnOf) if (column !== -1) taken[column] = 1;
  const rows = [...columnOf.keys()].filter((row) => columnOf[row] === -1);
  const columns = [...taken.keys()].filter((column) => taken[column] === 0);
  for (let start = 0; start < rows.length && start < columns.length; start += limit) {
    const some = rows.slice(start, start + limit);
    const others = columns.slice(start, start + limit);
    const scores = new Float32Array(some.length * others.length);
    const { a, b, width, products } = pair;
    products(pick(a, width, some), pick(b, width, others), width, scores);
    assignMaximum(scores, some.length, others.length).forEach((chosen, i) => {
      if (chosen !== -1) columnOf[some[i] as number] = others[chosen] as number;
    });
  }
}

function sumOf(cosines: Float32Array): number {
  return cosines.reduce((sum, cosine) => sum + (Number.isNaN(cosine) ? 0 : cosine), 0);
}

/**
 * A one-to-one assignment for sets of rows whose cosines do not fit into memory: the best one among each row's best candidates,
 * then rows left over with columns left over. All cosines are computed once for the candidates and once for each attempt, in bands.
 * How much a best assignment could be above it is measured, by prices, and given as `sumAtMost`.
 */
export function assignBounded(pair: RowPair, options: BoundedOptions = {}): RowMatches {
  const { perRow = 32, perColumn = 8, rounds = 3, tolerance = 1e-4, leftOver = 8192 } = options;
  const [nRows, nColumns] = [pair.a.length / pair.width, pair.b.length / pair.width];
  const { candidates, maxima } = findCandidates(pair, { perRow, perColumn });
  let sumAtMost = Number.POSITIVE_INFINITY;
  let best: { columnOf: Int32Array; cosines: Float32Array; sum: number } = {
    columnOf: new Int32Array(nRows).fill(-1),
    cosines: new Float32Array(nRows).fill(Number.NaN),
    sum: Number.NEGATIVE_INFINITY,
  };
  for (let round = 0; round < rounds; round++) {
    const { columnOf, prices } = assignCandidates(candidates, nColumns);
    assignLeftOver(pair, columnOf, nColumns, leftOver);
    const cosines = Float32Array.from(columnOf, (column, row) =>
      column === -1 ? Number.NaN : dotOf(pair, row, column),
    );
    const sum = sumOf(cosines);
    if (sum > best.sum) best = { columnOf, cosines, sum };
    sumAtMost = Math.min(sumAtMost, boundByPrices(pair, prices, { candidates, add: perColumn }));
    if (sumAtMost - best.sum <= tolerance * Math.min(nRows, nColumns)) break;
  }
  const { rowMaxima, columnMaxima } = maxima;
  const { columnOf, cosines } = best;
  return { nRows, nColumns, rowMaxima, columnMaxima, columnOf, cosines, sumAtMost, method: "bounded" };
}

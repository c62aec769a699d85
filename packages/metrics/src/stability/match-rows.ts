import { createMaxima } from "../values/bands.ts";
import { type RowProducts, rowProducts } from "../values/row-products.ts";
import { assignMaximum } from "./assignment.ts";
import { assignBounded, type BoundedOptions } from "./bounded-assignment.ts";
import type { RowMatches } from "./row-matches.ts";

/** How rows are compared. */
export interface MatchOptions {
  /** product of rows, where the time goes; `rowProducts` if left out */
  readonly products?: RowProducts;
  /**
   * most bytes of all cosines at once, 2 GiB by default: up to there the assignment is exact. Beyond, it is made from each row's
   * best candidates, with a bound on what it may miss.
   */
  readonly maxBytes?: number;
  readonly bounded?: BoundedOptions;
}

export const defaultMaxBytes: number = 2 ** 31;

/**
 * Matches rows of `a` one to one with rows of `b`, so that the sum of their cosines is largest.
 *
 * @param a `[nRows, width]` rows of norm 1 or 0, as `unitRows` makes them
 * @param b `[nColumns, width]` likewise
 */
export function matchRows(
  a: Float32Array,
  b: Float32Array,
  width: number,
  options: MatchOptions = {},
): RowMatches {
  const { products = rowProducts, maxBytes = defaultMaxBytes, bounded } = options;
  const [nRows, nColumns] = [a.length / width, b.length / width];
  if (4 * nRows * nColumns > maxBytes) return assignBounded({ a, b, width, products }, bounded);
  const scores = new Float32Array(nRows * nColumns);
  products(a, b, width, scores);
  const maxima = createMaxima(nRows, nColumns);
  maxima.add(scores, 0);
  const columnOf = assignMaximum(scores, nRows, nColumns);
  const cosines = Float32Array.from(columnOf, (column, row) =>
    column === -1 ? Number.NaN : (scores[row * nColumns + column] as number),
  );
  let sumAtMost = 0;
  for (const cosine of cosines) sumAtMost += Number.isNaN(cosine) ? 0 : cosine;
  const { rowMaxima, columnMaxima } = maxima;
  return { nRows, nColumns, rowMaxima, columnMaxima, columnOf, cosines, sumAtMost, method: "exact" };
}

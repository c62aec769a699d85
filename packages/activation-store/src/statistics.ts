import type { ActivationStatistics } from "@plumbline/core";
import { isCount, storeError } from "./errors.ts";

/** Collects {@link ActivationStatistics} while rows go by. */
export interface StatisticsAccumulator {
  /**
   * @param rows `[any number of rows, dIn]`, row-major, finite
   * @throws PlumblineError `shape-mismatch`
   */
  add(rows: Float32Array): void;
  /**
   * Statistics of the rows that were added since the last call, or since the beginning: those of a part, in passing. They
   * depend on all rows before, by roundings far below the last digit of float32.
   *
   * @throws PlumblineError `no-rows` where nothing was added
   */
  finishPart(): ActivationStatistics;
  /** @throws PlumblineError `no-rows` where nothing was added: a mean of nothing does not exist */
  finish(): ActivationStatistics;
}

function checkRows(nRows: number, from: string): void {
  if (nRows > 0) return;
  throw storeError({
    code: "no-rows",
    kind: "input",
    message: `${from}: expected at least one row of activations, got none`,
    hint: "does the source give any activations?",
  });
}

/** Differences of the running sums from where they stood when the last part ended. */
function createPartReader(
  dIn: number,
  now: () => {
    sums: Float64Array;
    errors: Float64Array;
    nRows: number;
    squares: number;
    squaresError: number;
  },
): () => ActivationStatistics {
  const before = { sums: new Float64Array(dIn), errors: new Float64Array(dIn) };
  let start = { nRows: 0, squares: 0, squaresError: 0 };
  return () => {
    const { sums, errors, ...totals } = now();
    const nRows = totals.nRows - start.nRows;
    checkRows(nRows, "finishPart()");
    const mean = Float32Array.from(sums, (sum, column) => {
      const error = (errors[column] ?? 0) - (before.errors[column] ?? 0);
      return (sum - (before.sums[column] ?? 0) + error) / nRows;
    });
    const squares = totals.squares - start.squares + (totals.squaresError - start.squaresError);
    before.sums.set(sums);
    before.errors.set(errors);
    start = totals;
    // Never below zero: rows that are tiny beside those before them may round away.
    return { nRows, mean, meanSquaredNorm: Math.max(0, squares / nRows) };
  };
}

/**
 * Mean and mean squared norm of rows, in float64 and one pass.
 *
 * Column sums carry their rounding error along (Knuth's two-sum), so a large offset common to all rows, or large values of
 * both signs, cost no digits. Rows are added one after the other: how they are cut into calls changes no bit.
 *
 * @param dIn width of a row
 * @source Ogita, Rump, Oishi 2005, "Accurate sum and dot product", algorithm 4.4 (Sum2)
 * @example
 * import { createStatisticsAccumulator } from "@plumbline/activation-store";
 *
 * const statistics = createStatisticsAccumulator(2);
 * statistics.add(Float32Array.of(3, 4, 1, 0));
 * console.log(statistics.finish().meanSquaredNorm); // 13
 */
export function createStatisticsAccumulator(dIn: number): StatisticsAccumulator {
  if (!isCount(dIn, 1)) {
    throw storeError({
      code: "bad-width",
      kind: "usage",
      message: `createStatisticsAccumulator(): expected a width of at least 1, got ${dIn}`,
    });
  }
  const sums = new Float64Array(dIn);
  const errors = new Float64Array(dIn);
  let nRows = 0;
  let squares = 0;
  let squaresError = 0;
  const finishPart = createPartReader(dIn, () => ({ sums, errors, nRows, squares, squaresError }));
  return {
    finishPart,
    add: (rows) => {
      if (rows.length % dIn !== 0) {
        throw storeError({
          code: "shape-mismatch",
          kind: "bug",
          message: `add(): expected whole rows of ${dIn} values, got ${rows.length} values`,
        });
      }
      for (let start = 0; start < rows.length; start += dIn) {
        let rowSquares = 0;
        for (let column = 0; column < dIn; column++) {
          const value = rows[start + column] ?? 0;
          const before = sums[column] ?? 0;
          const after = before + value;
          const part = after - before;
          errors[column] = (errors[column] ?? 0) + (before - (after - part) + (value - part));
          sums[column] = after;
          rowSquares += value * value;
        }
        const after = squares + rowSquares;
        const part = after - squares;
        squaresError += squares - (after - part) + (rowSquares - part);
        squares = after;
      }
      nRows += rows.length / dIn;
    },
    finish: () => {
      checkRows(nRows, "finish()");
      const mean = Float32Array.from(sums, (sum, column) => (sum + (errors[column] ?? 0)) / nRows);
      return { nRows, mean, meanSquaredNorm: (squares + squaresError) / nRows };
    },
  };
}

import { shapeMismatch } from "./shape-mismatch.ts";

/**
 * Number of rows in a batch `[B, dIn]`.
 *
 * @param caller.from name of the package that asks, `engine-tfjs`
 * @param caller.where the function that was given the batch, `step()`
 * @returns B, at least 1
 * @throws PlumblineError `shape-mismatch` where the batch is empty or no whole number of rows
 * @example
 * import { rowsOf } from "@plumbline/core";
 *
 * console.log(rowsOf(new Float32Array(6), 3, { from: "my-engine", where: "step()" })); // 2
 */
export function rowsOf(batch: Float32Array, dIn: number, caller: { from: string; where: string }): number {
  const nRows = batch.length / dIn;
  if (!Number.isInteger(nRows) || nRows === 0) {
    const expected = `whole rows of ${dIn} numbers, at least one`;
    throw shapeMismatch({ ...caller, expected, got: `${batch.length} numbers` });
  }
  return nRows;
}

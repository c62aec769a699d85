import { PlumblineError, type SparseLatents } from "@plumbline/core";

function mismatch(message: string): PlumblineError {
  return new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[metrics] add(): ${message}`,
    hint: "rows must be valid compressed sparse rows of the SAE that is measured",
  });
}

/** @throws PlumblineError `shape-mismatch` for another dSae, broken row starts, or indices from dSae on */
export function checkLatents(latents: SparseLatents, dSae: number): void {
  const { nRows, rowStarts, indices, values } = latents;
  if (latents.dSae !== dSae) throw mismatch(`expected latents of dSae ${dSae}, got ${latents.dSae}`);
  if (rowStarts.length !== nRows + 1 || indices.length !== values.length) {
    throw mismatch(
      `expected ${nRows + 1} row starts and as many indices as values, got ${rowStarts.length} row starts, ${indices.length} indices, ${values.length} values`,
    );
  }
  let start = 0;
  for (const end of rowStarts) {
    if (end < start || end > values.length) {
      throw mismatch(`expected row starts ascending to ${values.length}, got ${end} after ${start}`);
    }
    start = end;
  }
  const foreign = indices.findIndex((index) => index >= dSae);
  if (foreign !== -1) throw mismatch(`expected indices below ${dSae}, got ${indices[foreign]}`);
}

/**
 * For what reads a row from left to right, and so needs more than {@link checkLatents} asks.
 *
 * @throws PlumblineError `shape-mismatch` where the indices of a row do not ascend
 */
export function checkAscending({ nRows, rowStarts, indices }: SparseLatents): void {
  for (let row = 0; row < nRows; row++) {
    let previous = -1;
    const end = rowStarts[row + 1] ?? 0;
    for (let j = rowStarts[row] ?? 0; j < end; j++) {
      const index = indices[j] ?? 0;
      if (index <= previous) {
        throw mismatch(
          `expected indices that ascend within a row, got ${index} after ${previous} in row ${row}`,
        );
      }
      previous = index;
    }
  }
}

/** @throws PlumblineError `shape-mismatch` where two batches are not of the same tokens */
export function checkSameRows(a: SparseLatents, b: SparseLatents): void {
  if (a.nRows === b.nRows) return;
  throw mismatch(`expected the same tokens twice, got ${a.nRows} and ${b.nRows} rows`);
}

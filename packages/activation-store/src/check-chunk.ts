import type { ActivationChunk } from "@plumbline/core";
import { isCount, storeError } from "./errors.ts";

/** Where a chunk comes from and what it must be like. */
export interface ChunkContext {
  /** `function()` that reads it */
  readonly from: string;
  /** name of the source, for messages */
  readonly source: string;
  readonly dIn: number;
  /** row number of the chunk's first row */
  readonly firstRow: number;
}

function mismatch(context: ChunkContext, message: string): Error {
  return storeError({
    code: "bad-chunk",
    kind: "bug",
    message: `${context.from}: ${message}`,
    where: `source "${context.source}", chunk at row ${context.firstRow}`,
    hint: "correct the activation source",
  });
}

/** @throws PlumblineError `bad-chunk` where the parts of a chunk do not fit each other and the width */
export function checkChunkShape(chunk: ActivationChunk, context: ChunkContext): void {
  const { nRows, rows } = chunk;
  if (!isCount(nRows, 1)) throw mismatch(context, `expected a chunk of at least one row, got ${nRows}`);
  if (rows.length !== nRows * context.dIn) {
    throw mismatch(context, `expected ${nRows} × ${context.dIn} values, got ${rows.length}`);
  }
  for (const name of ["tokenIds", "positions"] as const) {
    const length = chunk[name]?.length;
    if (length !== undefined && length !== nRows) {
      throw mismatch(context, `expected ${nRows} ${name}, one for each row, got ${length}`);
    }
  }
}

/** @throws PlumblineError `not-finite` naming the first row and column that holds NaN or an infinity */
export function checkFinite(rows: Float32Array, context: ChunkContext): void {
  for (let i = 0; i < rows.length; i++) {
    const value = rows[i] ?? 0;
    if (value - value === 0) continue;
    const row = context.firstRow + Math.floor(i / context.dIn);
    throw storeError({
      code: "not-finite",
      kind: "input",
      message: `${context.from}: row ${row}, column ${i % context.dIn} is ${value}, expected finite numbers`,
      where: `source "${context.source}"`,
      hint: "the model overflowed or its input is broken; look at the input of that row",
    });
  }
}

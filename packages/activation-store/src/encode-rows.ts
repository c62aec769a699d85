import { narrowFloats, widenFloats } from "@plumbline/safetensors";
import { type ChunkContext, checkFinite } from "./check-chunk.ts";
import { storeError } from "./errors.ts";
import type { StoreDtype } from "./manifest.ts";

/** Rows as they are stored and as they will be read. */
export interface EncodedRows {
  /** little-endian values of the dtype, `[nRows, dIn]`; valid until the next call */
  readonly bytes: Uint8Array;
  /** `[nRows, dIn]`, what a reader gets; valid until the next call */
  readonly values: Float32Array;
}

/** @throws PlumblineError `too-large-for-dtype` naming the first row and column that became an infinity */
function checkOverflow(
  patterns: Uint16Array,
  infinity: number,
  rounded: { readonly rows: Float32Array; readonly dtype: StoreDtype; readonly context: ChunkContext },
): void {
  let place = 0;
  while (place < patterns.length && ((patterns[place] ?? 0) & infinity) !== infinity) place++;
  if (place === patterns.length) return;
  const { rows, dtype, context } = rounded;
  const row = context.firstRow + Math.floor(place / context.dIn);
  const largest = dtype === "F16" ? "65504" : "3.39e38";
  throw storeError({
    code: "too-large-for-dtype",
    kind: "input",
    message: `${context.from}: row ${row}, column ${place % context.dIn} is ${rows[place]}, expected at most ${largest}, the largest ${dtype}`,
    where: `source "${context.source}"`,
    hint: dtype === "F16" ? "use BF16, which has the range of float32" : "use F32",
  });
}

/**
 * Makes the function that turns rows into bytes of a dtype, rounded to nearest, ties to even. Scratch memory is kept for
 * the next call.
 *
 * @returns a function that throws PlumblineError `not-finite`, `too-large-for-dtype` naming row and column
 */
export function createRowEncoder(
  dtype: StoreDtype,
): (rows: Float32Array, context: ChunkContext) => EncodedRows {
  let patterns = new Uint16Array();
  let values = new Float32Array();
  return (rows, context) => {
    checkFinite(rows, context);
    if (dtype === "F32") {
      return { bytes: new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength), values: rows };
    }
    if (values.length < rows.length) {
      patterns = new Uint16Array(rows.length);
      values = new Float32Array(rows.length);
    }
    const stored = patterns.subarray(0, rows.length);
    narrowFloats(rows, dtype, stored);
    checkOverflow(stored, dtype === "F16" ? 0x7c00 : 0x7f80, { rows, dtype, context });
    const bytes = new Uint8Array(stored.buffer, 0, stored.byteLength);
    const widened = values.subarray(0, rows.length);
    widenFloats(bytes, dtype, widened);
    return { bytes, values: widened };
  };
}

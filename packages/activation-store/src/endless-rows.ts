import type { ActivationPass, PassChunk } from "@plumbline/core";
import { checkChunkShape, checkFinite } from "./check-chunk.ts";
import { storeError } from "./errors.ts";

/** One hook point of a pass, and what is known of its length. */
export interface LivePass {
  readonly pass: ActivationPass;
  /** which of its hooks */
  readonly hook: number;
  readonly dIn: number;
  /** rows in one epoch, once that is known */
  nRows: number | undefined;
}

/** Rows of one hook point, checked. @throws PlumblineError `bad-chunk`, `not-finite` */
export function rowsAt(chunk: PassChunk, live: LivePass, firstRow: number): Float32Array {
  const { pass, hook, dIn } = live;
  const rows = chunk.rows[hook] ?? new Float32Array();
  const context = { from: "batches()", source: pass.name, dIn, firstRow };
  checkChunkShape({ nRows: chunk.nRows, rows }, context);
  checkFinite(rows, context);
  return rows;
}

function checkLength(live: LivePass, found: number): void {
  if (found > 0 && (live.nRows === undefined || live.nRows === found)) return;
  throw storeError({
    code: found === 0 ? "no-rows" : "row-count-mismatch",
    kind: found === 0 ? "input" : "bug",
    message: `batches(): expected ${live.nRows ?? "at least 1"} rows in an epoch, got ${found}`,
    where: `source "${live.pass.name}"`,
    hint: found === 0 ? "does the source give any activations?" : "correct the activation source",
  });
}

/**
 * The rows of a pass without end: epoch after epoch, the pass read again from its beginning.
 *
 * @param options.firstRow number in the endless stream of the first row wanted. Where the length of an epoch is not known
 *   and turns out to be at most that, the pass is read through once to count
 * @returns rows of whole chunks `[any number, dIn]`, valid until the next are asked for
 */
export async function* endlessRows(
  live: LivePass,
  options: { readonly firstRow: number; readonly signal: AbortSignal },
): AsyncGenerator<Float32Array, never, undefined> {
  const { pass } = live;
  const { signal } = options;
  let startRow = live.nRows === undefined ? options.firstRow : options.firstRow % live.nRows;
  for (;;) {
    let row = startRow;
    for await (const chunk of pass.chunks({ signal, startRow })) {
      const rows = rowsAt(chunk, live, row);
      row += chunk.nRows;
      yield rows;
    }
    if (row > startRow || live.nRows !== undefined || startRow === 0) {
      checkLength(live, row);
      live.nRows = row;
      startRow = 0;
      continue;
    }
    // Began behind the end of an epoch of unknown length.
    let count = 0;
    for await (const chunk of pass.chunks({ signal })) count += chunk.nRows;
    checkLength(live, count);
    live.nRows = count;
    startRow = options.firstRow % count;
  }
}

import type {
  ActivationChunk,
  ActivationPass,
  ActivationSource,
  PassChunk,
  PassReading,
} from "./activations.ts";
import { PlumblineError } from "./errors/plumbline-error.ts";
import { unknownNameError } from "./errors/unknown-name-error.ts";

/** Some rows of a chunk: views, nothing is copied. */
function slice(
  chunk: PassChunk,
  {
    first,
    end,
    widths,
  }: { readonly first: number; readonly end: number; readonly widths: readonly number[] },
): PassChunk {
  const { tokenIds, positions } = chunk;
  return {
    nRows: end - first,
    rows: chunk.rows.map((rows, hook) => {
      const width = widths[hook] ?? 0;
      return rows.subarray(first * width, end * width);
    }),
    ...(tokenIds === undefined ? {} : { tokenIds: tokenIds.subarray(first, end) }),
    ...(positions === undefined ? {} : { positions: positions.subarray(first, end) }),
  };
}

/**
 * Leaves out rows of a stream of chunks.
 *
 * @param firstRow number of the first row that `chunks` gives
 * @param startRow number of the first row wanted, at least `firstRow`
 */
export async function* skipRows(
  chunks: AsyncIterable<PassChunk>,
  options: { readonly firstRow: number; readonly startRow: number; readonly widths: readonly number[] },
): AsyncGenerator<PassChunk> {
  const { startRow, widths } = options;
  let row = options.firstRow;
  for await (const chunk of chunks) {
    const skipped = Math.min(Math.max(0, startRow - row), chunk.nRows);
    row += chunk.nRows;
    if (skipped === 0) yield chunk;
    else if (skipped < chunk.nRows) yield slice(chunk, { first: skipped, end: chunk.nRows, widths });
  }
}

/**
 * An {@link ActivationSource} as a pass with one hook; a pass is returned as it is. A later start reads the source from its beginning and leaves rows out.
 *
 * @example
 * import { passOf } from "@plumbline/core";
 *
 * const pass = passOf({
 *   specVersion: 1,
 *   name: "counting",
 *   dIn: 1,
 *   async *chunks() {
 *     yield { nRows: 3, rows: Float32Array.of(1, 2, 3) };
 *   },
 * });
 * for await (const { rows } of pass.chunks({ startRow: 1 })) console.log(rows); // [ Float32Array(2) [ 2, 3 ] ]
 */
export function passOf(source: ActivationSource | ActivationPass): ActivationPass {
  return "hooks" in source ? source : singlePass(source);
}

function singlePass(source: ActivationSource): ActivationPass {
  const { specVersion, name, dIn, hookPoint, nRows, provenance } = source;
  async function* all(signal: AbortSignal | undefined): AsyncGenerator<PassChunk> {
    const chunks = source.chunks(signal === undefined ? {} : { signal });
    for await (const { rows, ...rest } of chunks) yield { ...rest, rows: [rows] };
  }
  return Object.freeze({
    specVersion,
    name,
    hooks: Object.freeze([Object.freeze({ dIn, ...(hookPoint === undefined ? {} : { hookPoint }) })]),
    ...(nRows === undefined ? {} : { nRows }),
    ...(provenance === undefined ? {} : { provenance }),
    chunks: ({ signal, startRow = 0 }: PassReading = {}) =>
      skipRows(all(signal), { firstRow: 0, startRow, widths: [dIn] }),
  });
}

/**
 * A pass that ends after its first `maxRows` rows, if it has as many.
 *
 * @param maxRows at least 1
 */
export function takeRows(pass: ActivationPass, maxRows: number): ActivationPass {
  const widths = pass.hooks.map(({ dIn }) => dIn);
  async function* chunks(reading: PassReading = {}): AsyncGenerator<PassChunk> {
    let left = maxRows - (reading.startRow ?? 0);
    if (left <= 0) return;
    for await (const chunk of pass.chunks(reading)) {
      yield chunk.nRows <= left ? chunk : slice(chunk, { first: 0, end: left, widths });
      left -= chunk.nRows;
      if (left <= 0) return;
    }
  }
  const { countRows } = pass;
  return Object.freeze({
    ...pass,
    ...(pass.nRows === undefined ? {} : { nRows: Math.min(pass.nRows, maxRows) }),
    chunks,
    ...(countRows === undefined
      ? {}
      : {
          countRows: async (options: { readonly signal?: AbortSignal } = {}) =>
            Math.min(maxRows, await countRows.call(pass, options)),
        }),
  });
}

/**
 * One hook point of a pass as an {@link ActivationSource}; activations at the others are computed and left.
 *
 * @param hookPoint may be left out where the pass has one hook only
 * @throws PlumblineError `unknown-hook-point` with the nearest name
 */
export function sourceAt(pass: ActivationPass, hookPoint?: string): ActivationSource {
  const names = pass.hooks.map((hook) => hook.hookPoint ?? "");
  const index = hookPoint === undefined && names.length === 1 ? 0 : names.indexOf(hookPoint ?? "");
  const hook = pass.hooks[index];
  if (hook === undefined) {
    if (hookPoint === undefined) {
      throw new PlumblineError({
        code: "hook-point-missing",
        kind: "usage",
        message: `[core] sourceAt(): expected the name of a hook point, the pass has ${names.length}`,
        hint: `one of ${names.join(", ")}`,
      });
    }
    throw unknownNameError({ kind: "hook point", name: hookPoint, known: names, from: "[core] sourceAt()" });
  }
  const { specVersion, name, nRows, provenance } = pass;
  async function* chunks(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ActivationChunk> {
    for await (const { rows, ...rest } of pass.chunks(options)) {
      yield { ...rest, rows: rows[index] ?? new Float32Array() };
    }
  }
  return Object.freeze({
    specVersion,
    name,
    dIn: hook.dIn,
    ...(hook.hookPoint === undefined ? {} : { hookPoint: hook.hookPoint }),
    ...(nRows === undefined ? {} : { nRows }),
    ...(provenance === undefined ? {} : { provenance }),
    chunks,
  });
}

import { type ActivationChunk, type ActivationSource, activationSourceSpecVersion } from "@plumbline/core";
import { createBatchSource, type RowReader, type ShuffledBatchSource } from "./batch-source.ts";
import { checkChunkShape, checkFinite } from "./check-chunk.ts";
import { isCount, storeError } from "./errors.ts";
import { createStatisticsAccumulator } from "./statistics.ts";

/** What {@link createActivationMemory} is made from. */
export interface ActivationMemoryOptions {
  readonly dIn: number;
  /** [nRows, dIn], row-major, finite; kept, not copied: leave it unchanged */
  readonly rows: Float32Array;
  /** [nRows] token that each row belongs to */
  readonly tokenIds?: Int32Array;
  /** [nRows] position of the token in its sequence */
  readonly positions?: Int32Array;
  /** name of the source, `memory` by default */
  readonly name?: string;
  readonly hookPoint?: string;
  readonly provenance?: Readonly<Record<string, string | number | boolean>>;
  /** largest chunk that `chunks` yields, 4096 rows by default */
  readonly rowsPerChunk?: number;
}

/** Activations in memory: a source to read in order, rows to read in any order, and shuffled batches. */
export interface ActivationMemory extends ActivationSource, RowReader {
  readonly nRows: number;
  batchSource(options: { readonly seed: number }): ShuffledBatchSource;
}

/**
 * Activations that are at hand as one array; nothing touches a disk, so this works in a browser.
 *
 * @throws PlumblineError `bad-chunk`, `no-rows`, `not-finite` naming row and column
 * @example
 * import { createActivationMemory } from "@plumbline/activation-store";
 *
 * const memory = createActivationMemory({ dIn: 2, rows: Float32Array.of(1, 2, 3, 4, 5, 6) });
 * for await (const batch of memory.batchSource({ seed: 7 }).batches({ batchSize: 2, startStep: 0 })) {
 *   console.log(batch.length); // 4
 *   break;
 * }
 */
export function createActivationMemory(options: ActivationMemoryOptions): ActivationMemory {
  const { dIn, rows, tokenIds, positions, name = "memory", hookPoint, provenance } = options;
  const { rowsPerChunk = 4096 } = options;
  const from = "createActivationMemory()";
  if (!isCount(dIn, 1) || !isCount(rowsPerChunk, 1)) {
    throw storeError({
      code: "bad-width",
      kind: "usage",
      message: `${from}: expected dIn and rowsPerChunk of at least 1, got ${dIn} and ${rowsPerChunk}`,
    });
  }
  const accumulator = createStatisticsAccumulator(dIn);
  const nRows = Math.floor(rows.length / dIn);
  const tokens = { ...(tokenIds && { tokenIds }), ...(positions && { positions }) };
  const context = { from, source: name, dIn, firstRow: 0 };
  if (rows.length > 0) checkChunkShape({ nRows, rows, ...tokens }, context);
  checkFinite(rows, context);
  accumulator.add(rows);
  const statistics = accumulator.finish();

  async function* chunks(read: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ActivationChunk> {
    for (let start = 0; start < nRows; start += rowsPerChunk) {
      read.signal?.throwIfAborted();
      const end = Math.min(start + rowsPerChunk, nRows);
      yield {
        nRows: end - start,
        rows: rows.subarray(start * dIn, end * dIn),
        ...(tokenIds && { tokenIds: tokenIds.subarray(start, end) }),
        ...(positions && { positions: positions.subarray(start, end) }),
      };
    }
  }

  const memory: ActivationMemory = {
    specVersion: activationSourceSpecVersion,
    name,
    dIn,
    nRows,
    ...(hookPoint !== undefined && { hookPoint }),
    ...(provenance && { provenance }),
    statistics,
    chunks,
    readRows: async (indices, out) => {
      checkRowRequest({ indices, out, dIn, nRows });
      indices.forEach((row, i) => {
        out.set(rows.subarray(row * dIn, (row + 1) * dIn), i * dIn);
      });
    },
    batchSource: (order) => createBatchSource(memory, order),
  };
  return Object.freeze(memory);
}

/** @throws PlumblineError `shape-mismatch`, `row-out-of-range` */
export function checkRowRequest(request: {
  indices: Uint32Array;
  out: Float32Array;
  dIn: number;
  nRows: number;
}): void {
  const { indices, out, dIn, nRows } = request;
  if (out.length !== indices.length * dIn) {
    throw storeError({
      code: "shape-mismatch",
      kind: "bug",
      message: `readRows(): expected room for ${indices.length} × ${dIn} values, got ${out.length}`,
    });
  }
  const outside = indices.find((row) => row >= nRows);
  if (outside === undefined) return;
  throw storeError({
    code: "row-out-of-range",
    kind: "usage",
    message: `readRows(): expected rows below ${nRows}, got ${outside}`,
  });
}

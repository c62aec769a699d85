import { type ActivationStatistics, type BatchSource, createRandom, type Random } from "@plumbline/core";
import { isCount, storeError } from "./errors.ts";
import { createRowOrder } from "./row-order.ts";

/** Rows that can be read in any order: a store on disk, an array in memory, or your own. */
export interface RowReader {
  readonly dIn: number;
  readonly nRows: number;
  readonly statistics: ActivationStatistics;
  /**
   * Reads the rows `indices`, in that order, repeats included, into `out` `[indices.length, dIn]`.
   *
   * @throws PlumblineError `row-out-of-range`, `shape-mismatch`
   */
  readRows(indices: Uint32Array, out: Float32Array): Promise<void>;
}

/** A {@link BatchSource} of which any single batch can be had too. */
export interface ShuffledBatchSource extends BatchSource {
  /** The batch of one step `[batchSize, dIn]`, a new array; equal to what `batches` yields for that step. */
  batchAt(options: { readonly batchSize: number; readonly step: number }): Promise<Float32Array>;
}

/** @throws PlumblineError `bad-batch` */
export function checkBatch(doing: string, batchSize: number, step: number): void {
  if (isCount(batchSize, 1) && isCount(step, 0) && Number.isSafeInteger((step + 1) * batchSize)) return;
  throw storeError({
    code: "bad-batch",
    kind: "usage",
    message: `${doing}: expected a batch size from 1 and a step from 0, got ${batchSize} and ${step}`,
  });
}

/**
 * Shuffled batches over anything that reads rows: every row once an epoch in uniformly random order, batches running across
 * the end of an epoch. Batch `s` depends on the seed, the batch size and `s` only; starting at any step reads nothing of
 * the steps before. While the caller works on one batch, the next one is read (one, not more).
 *
 * @param order a root seed, or the stream to draw orders from; `{ seed }` is `{ random: createRandom(seed).stream("order") }`
 * @throws PlumblineError `no-rows`; its functions throw `bad-batch` and what the reader throws
 * @example
 * import { createActivationMemory, createBatchSource } from "@plumbline/activation-store";
 *
 * const memory = createActivationMemory({ dIn: 1, rows: Float32Array.of(0, 1, 2, 3) });
 * const source = createBatchSource(memory, { seed: 1 });
 * const epoch = await source.batchAt({ batchSize: 4, step: 0 });
 * console.log([...epoch].sort()); // [ 0, 1, 2, 3 ]
 */
export function createBatchSource(
  reader: RowReader,
  order: { readonly seed: number } | { readonly random: Random },
): ShuffledBatchSource {
  const { dIn, nRows, statistics } = reader;
  if (!isCount(nRows, 1) || nRows >= 2 ** 32) {
    throw storeError({
      code: nRows === 0 ? "no-rows" : "too-many-rows",
      kind: "input",
      message: `createBatchSource(): expected 1 to 2^32 - 1 rows, got ${nRows}`,
    });
  }
  const random = "seed" in order ? createRandom(order.seed).stream("order") : order.random;
  const rowOrder = createRowOrder(nRows, random);
  const read = async (step: number, indices: Uint32Array, out: Float32Array): Promise<Float32Array> => {
    rowOrder.fill(step * indices.length, indices);
    await reader.readRows(indices, out);
    return out;
  };

  async function* batches(options: {
    readonly batchSize: number;
    readonly startStep: number;
  }): AsyncGenerator<Float32Array, void, undefined> {
    const { batchSize, startStep } = options;
    checkBatch("batches()", batchSize, startStep);
    const indices = new Uint32Array(batchSize);
    // Two buffers take turns: one with the caller, one being filled.
    const buffers = [new Float32Array(batchSize * dIn), new Float32Array(batchSize * dIn)] as const;
    const start = (step: number): Promise<Float32Array> => {
      const reading = read(step, indices, step % 2 === 0 ? buffers[0] : buffers[1]);
      // It is awaited below; until then a failure must not count as unhandled.
      reading.catch(() => undefined);
      return reading;
    };
    let reading = start(startStep);
    try {
      for (let step = startStep; ; step++) {
        const batch = await reading;
        reading = start(step + 1);
        yield batch;
      }
    } finally {
      // The caller may close the reader next: leave no read behind.
      await reading.catch(() => undefined);
    }
  }

  return {
    dIn,
    nRows,
    statistics,
    batches,
    batchAt: async ({ batchSize, step }) => {
      checkBatch("batchAt()", batchSize, step);
      return read(step, new Uint32Array(batchSize), new Float32Array(batchSize * dIn));
    },
  };
}

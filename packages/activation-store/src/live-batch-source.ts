import {
  type ActivationPass,
  type ActivationSource,
  type ActivationStatistics,
  type BatchSource,
  passOf,
  sourceAt,
} from "@plumbline/core";
import { checkBatch } from "./batch-source.ts";
import { endlessRows, type LivePass, rowsAt } from "./endless-rows.ts";
import { isCount, storeError } from "./errors.ts";
import { createRowKeys } from "./row-keys.ts";
import { createShuffleWindow } from "./shuffle-window.ts";
import { createStatisticsAccumulator } from "./statistics.ts";

/** How {@link createLiveBatchSource} reads and shuffles. */
export interface LiveBatchOptions {
  /** root seed; orders come from its stream `live-order` */
  readonly seed: number;
  /** how far apart rows may be that change places, and the most rows that are kept in memory */
  readonly windowRows: number;
  /** those of all rows, where they are known; measured over the first `windowRows` rows if not given */
  readonly statistics?: ActivationStatistics;
  /** which of a pass's hook points; may be left out where it has one only */
  readonly hookPoint?: string;
  /** stops the measuring */
  readonly signal?: AbortSignal;
}

function openLive(from: ActivationPass | ActivationSource, hookPoint: string | undefined): LivePass {
  const pass = passOf(from);
  const source = sourceAt(pass, hookPoint);
  const hook = pass.hooks.findIndex((one) => one.hookPoint === source.hookPoint);
  return { pass, hook, dIn: source.dIn, nRows: pass.nRows };
}

/** Statistics of the first `most` rows; where there are fewer, the length of an epoch is known afterwards. */
async function measure(
  live: LivePass,
  most: number,
  signal: AbortSignal | undefined,
): Promise<ActivationStatistics> {
  const { pass, dIn } = live;
  const statistics = createStatisticsAccumulator(dIn);
  let nRows = 0;
  for await (const chunk of pass.chunks(signal === undefined ? {} : { signal })) {
    const rows = rowsAt(chunk, live, nRows);
    const count = Math.min(chunk.nRows, most - nRows);
    statistics.add(rows.subarray(0, count * dIn));
    nRows += count;
    if (nRows === most) return statistics.finish();
  }
  live.nRows ??= nRows;
  return statistics.finish();
}

/** Fills one batch after the other with the rows of the shuffled stream, from place `start` on. */
function createShuffledRows(live: LivePass, order: { seed: number; windowRows: number; start: number }) {
  const { dIn } = live;
  const { windowRows, start } = order;
  const controller = new AbortController();
  const keyOf = createRowKeys(order.seed, windowRows);
  const window = createShuffleWindow(dIn, windowRows);
  const firstRow = Math.max(0, start - windowRows);
  const chunks = endlessRows(live, { firstRow, signal: controller.signal });
  let chunk: Float32Array = new Float32Array();
  let place = 0;
  let nextRow = firstRow;
  const next = async (out?: Float32Array): Promise<void> => {
    // Rows to come have keys from their own number on: what is due before them can go.
    while (window.leastKey() > nextRow) {
      if (place === chunk.length) {
        chunk = (await chunks.next()).value;
        place = 0;
      }
      window.push(nextRow, keyOf(nextRow), chunk.subarray(place, place + dIn));
      place += dIn;
      nextRow++;
    }
    window.pop(out);
  };
  // Rows before `firstRow` have smaller keys than the row at `start`; the others before it are dropped here.
  let toDrop = start - firstRow;
  return {
    fill: async (batch: Float32Array): Promise<Float32Array> => {
      for (; toDrop > 0; toDrop--) await next();
      for (let at = 0; at < batch.length; at += dIn) await next(batch.subarray(at, at + dIn));
      return batch;
    },
    close: async (): Promise<void> => {
      controller.abort();
      await chunks.return(undefined as never).catch(() => undefined);
    },
  };
}

/**
 * Shuffled batches straight from a pass over a model, without a store: an endless stream in which every row of an epoch
 * comes once an epoch, up to `windowRows` later than in order. Row r of the stream (epochs one after the other) gets the
 * key r + u · windowRows, where u is uniform in [0, 1) and depends on the seed and r only; rows come by key.
 *
 * Batch `s` depends on the seed, `windowRows`, the batch size, `s` and the rows only. Starting at a later step reads the
 * pass from `windowRows` rows before the first row of the batch on, and gives what reading from the beginning would have
 * given. At most `windowRows` rows are kept beside two batches and the chunk at hand. While the caller works on one batch,
 * the next one is made.
 *
 * A store shuffles better: there every order of an epoch is equally likely. Here rows that are further apart than
 * `windowRows` never change places, so choose it many times as large as what belongs together in the stream, such as the
 * tokens of one text.
 *
 * `nRows` is what the pass says; where it does not, what an epoch was found to have, or the number of rows that were
 * measured: at least so many.
 *
 * @param from a pass, or a source, which is read from its beginning and its rows left out for a later start
 * @throws PlumblineError `bad-window`, `no-rows`, `unknown-hook-point`, `hook-point-missing`; its `batches` throw
 *   `bad-batch`, `bad-chunk`, `not-finite`, `row-count-mismatch` and what the pass throws
 * @example
 * import { createActivationMemory, createLiveBatchSource } from "@plumbline/activation-store";
 *
 * const rows = Float32Array.from({ length: 1000 }, (_, i) => i);
 * const model = createActivationMemory({ dIn: 1, rows }); // in place of a model that runs
 * const source = await createLiveBatchSource(model, { seed: 1, windowRows: 100 });
 * for await (const batch of source.batches({ batchSize: 4, startStep: 50 })) {
 *   console.log(batch.every((row) => row > 100 && row < 304)); // true
 *   break;
 * }
 */
export async function createLiveBatchSource(
  from: ActivationPass | ActivationSource,
  options: LiveBatchOptions,
): Promise<BatchSource> {
  const { seed, windowRows, hookPoint, signal } = options;
  if (!isCount(windowRows, 1) || windowRows >= 2 ** 31) {
    throw storeError({
      code: "bad-window",
      kind: "usage",
      message: `createLiveBatchSource(): expected windowRows of 1 to 2^31 - 1, got ${windowRows}`,
    });
  }
  const live = openLive(from, hookPoint);
  const { dIn } = live;
  const statistics = options.statistics ?? (await measure(live, windowRows, signal));

  async function* batches(read: {
    readonly batchSize: number;
    readonly startStep: number;
  }): AsyncGenerator<Float32Array, void, undefined> {
    const { batchSize, startStep } = read;
    checkBatch("batches()", batchSize, startStep);
    const rows = createShuffledRows(live, { seed, windowRows, start: startStep * batchSize });
    // Two buffers take turns: one with the caller, one being filled.
    const buffers = [new Float32Array(batchSize * dIn), new Float32Array(batchSize * dIn)] as const;
    const start = (step: number): Promise<Float32Array> => {
      const filling = rows.fill(step % 2 === 0 ? buffers[0] : buffers[1]);
      // It is awaited below; until then a failure must not count as unhandled.
      filling.catch(() => undefined);
      return filling;
    };
    let filling = start(startStep);
    try {
      for (let step = startStep; ; step++) {
        const batch = await filling;
        filling = start(step + 1);
        yield batch;
      }
    } finally {
      const closing = rows.close();
      // The caller may release the model next: leave no reading behind.
      await filling.catch(() => undefined);
      await closing;
    }
  }

  return Object.freeze({ dIn, nRows: live.nRows ?? statistics.nRows, statistics, batches });
}

import { checkRowRequest } from "../activation-memory.ts";
import { checkFinite } from "../check-chunk.ts";
import type { StoreManifest } from "../manifest.ts";
import { isS3Url, placeJoin } from "./place-path.ts";
import { planReads, type ReadSpan, shardStartsOf } from "./plan-reads.ts";
import type { ShardPool } from "./shard-pool.ts";

/** What reading costs where the shards lie. */
interface ReadCosts {
  /** unwanted bytes that cost less than another read */
  readonly gapBytes: number;
  /** longest single read, and with it the scratch memory of each read in flight */
  readonly spanBytes: number;
  /** reads in flight */
  readonly concurrency: number;
}

/** The gap was measured on files in the page cache; Node has four threads for reads. */
const onDisk: ReadCosts = { gapBytes: 128 * 1024, spanBytes: 2 ** 20, concurrency: 8 };
/** A request takes some 20 ms, in which as much could be read as this gap; connections are kept to 50. */
const inStorage: ReadCosts = { gapBytes: 2 ** 20, spanBytes: 2 ** 22, concurrency: 32 };

/** What the functions that read rows share. */
export interface OpenedStore {
  readonly folder: string;
  readonly manifest: StoreManifest;
  readonly pool: ShardPool;
  /** first row of each shard, and the number of rows after the last one */
  readonly starts: readonly number[];
  /** @throws PlumblineError `not-finite` naming the shard, the row and the column */
  check(values: Float32Array, shard: number, firstRow: number): void;
}

export function createOpenedStore(folder: string, manifest: StoreManifest, pool: ShardPool): OpenedStore {
  return {
    folder,
    manifest,
    pool,
    starts: shardStartsOf(manifest.shards),
    check: (values, shard, firstRow) => {
      const source = placeJoin(folder, manifest.shards[shard]?.file ?? "");
      checkFinite(values, { from: "readRows()", source, dIn: manifest.dIn, firstRow });
    },
  };
}

/** Runs `work` on every item, a few at a time; after a failure no further one is begun, and all begun have settled. */
async function forEachConcurrently<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      await work(item).catch((error: unknown) => {
        next = items.length;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Makes the function that reads rows in any order; scratch memory is kept for the next call. */
export function createReadRows(
  store: OpenedStore,
): (indices: Uint32Array, out: Float32Array) => Promise<void> {
  const { folder, manifest, pool, starts, check } = store;
  const { gapBytes, spanBytes, concurrency } = isS3Url(folder) ? inStorage : onDisk;
  const { dIn, nRows } = manifest;
  const rowsIn = (bytes: number): number => Math.floor(bytes / (4 * dIn));
  const limits = { starts, maxGap: rowsIn(gapBytes), maxCount: Math.max(1, rowsIn(spanBytes)) };
  const scratches: Float32Array[] = [];

  return async (indices, out) => {
    checkRowRequest({ indices, out, dIn, nRows });
    const { order, spans } = planReads(indices, limits);
    const slot = (place: number): number => (order[place] ?? 0) * dIn;
    const readSpan = async ({ shard, start, count, from, to }: ReadSpan): Promise<void> => {
      const firstRow = (starts[shard] ?? 0) + start;
      if (to - from === 1) {
        const direct = out.subarray(slot(from), slot(from) + dIn);
        await pool.use(shard, (file) => file.float32Rows("activations", start, 1, direct));
        check(direct, shard, firstRow);
        return;
      }
      const scratch = scratches.pop() ?? new Float32Array(limits.maxCount * dIn);
      const values = scratch.subarray(0, count * dIn);
      await pool.use(shard, (file) => file.float32Rows("activations", start, count, values));
      for (let place = from; place < to; place++) {
        const row = indices[order[place] ?? 0] ?? 0;
        const one = values.subarray((row - firstRow) * dIn, (row - firstRow + 1) * dIn);
        check(one, shard, row);
        out.set(one, slot(place));
      }
      scratches.push(scratch);
    };
    await forEachConcurrently(spans, concurrency, readSpan);
  };
}

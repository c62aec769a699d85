import type { SafetensorsReader } from "@plumbline/safetensors/node";
import { storeError } from "../errors.ts";

/** Open shards; those used last stay open, up to a limit. */
export interface ShardPool {
  /** Opens a shard unless it is open, and keeps it open while `work` runs. @throws PlumblineError `store-closed` */
  use<R>(shard: number, work: (reader: SafetensorsReader) => Promise<R>): Promise<R>;
  /** Waits for work in progress, then closes every file. */
  close(): Promise<void>;
}

/**
 * @param open opens shard number i
 * @param maxOpen files kept open
 */
export function createShardPool(
  open: (shard: number) => Promise<SafetensorsReader>,
  maxOpen: number,
): ShardPool {
  // In the order of their last use, oldest first.
  const entries = new Map<number, { reader: Promise<SafetensorsReader>; users: number }>();
  const running = new Set<Promise<unknown>>();
  let closed = false;

  const trim = async (): Promise<void> => {
    for (const [shard, entry] of entries) {
      if (entries.size <= maxOpen) return;
      if (entry.users > 0) continue;
      entries.delete(shard);
      await (await entry.reader).close();
    }
  };
  const run = async <R>(shard: number, work: (reader: SafetensorsReader) => Promise<R>): Promise<R> => {
    const entry = entries.get(shard) ?? { reader: open(shard), users: 0 };
    entries.delete(shard);
    entries.set(shard, entry);
    entry.users++;
    try {
      const reader = await entry.reader.catch((error: unknown) => {
        if (entries.get(shard) === entry) entries.delete(shard);
        throw error;
      });
      return await work(reader);
    } finally {
      entry.users--;
      await trim();
    }
  };
  return {
    use: (shard, work) => {
      if (closed) {
        const error = storeError({
          code: "store-closed",
          kind: "bug",
          message: "readRows(): the store was closed, expected an open one",
        });
        return Promise.reject(error);
      }
      const result = run(shard, work);
      const settled: Promise<unknown> = result.then(
        () => running.delete(settled),
        () => running.delete(settled),
      );
      running.add(settled);
      return result;
    },
    close: async () => {
      closed = true;
      await Promise.all(running);
      const open = [...entries.values()];
      entries.clear();
      await Promise.all(open.map(async ({ reader }) => (await reader).close()));
    },
  };
}

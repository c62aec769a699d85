import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ActivationChunk } from "@plumbline/core";
import type { FileSystem } from "@plumbline/core/node";
import type { StoreShard } from "../manifest.ts";
import { hashFile } from "./hash-file.ts";
import { idNames, type ShardLayout, shardHead } from "./shard-head.ts";
import { writeFully } from "./write-fully.ts";

/** Rows are collected to writes of about this size. */
const blockBytes = 4 * 2 ** 20;

/** Writes one shard; a few MiB of it are in memory. */
export interface ShardWriter {
  /** Takes rows of `chunk` from `start` on, as many as fit the block at hand; returns how many. */
  take(chunk: ActivationChunk, start: number): Promise<number>;
  /** no more rows go in */
  full(): boolean;
  finish(): Promise<StoreShard>;
  /** closes the file, finished or not */
  close(): Promise<void>;
}

/**
 * Starts a shard of at most `rowsPerShard` rows. The header is written for a full shard, so that data and checksum can
 * follow at once; a shard that ends early gets the right header in the same room and is read again for its checksum.
 */
export async function createShardWriter(options: {
  readonly folder: string;
  readonly file: string;
  readonly layout: ShardLayout;
  readonly rowsPerShard: number;
  readonly fileSystem: FileSystem;
}): Promise<ShardWriter> {
  const { folder, file, layout, rowsPerShard, fileSystem } = options;
  const { dIn } = layout;
  const path = join(folder, file);
  const head = shardHead(layout, rowsPerShard);
  const rowsPerBlock = Math.min(rowsPerShard, Math.max(1, Math.floor(blockBytes / (4 * dIn))));
  const block = new Float32Array(rowsPerBlock * dIn);
  const ids = idNames(layout).map((name) => ({
    name,
    block: new Int32Array(rowsPerBlock),
    done: [] as Int32Array[],
  }));
  const handle = await fileSystem.open(path, "wx+");
  const hash = createHash("sha256");
  let bytes = 0;
  let nRows = 0;
  let inBlock = 0;
  let open = true;

  const append = async (data: Uint8Array): Promise<void> => {
    await writeFully(handle, data, bytes);
    hash.update(data);
    bytes += data.length;
  };
  const bytesOf = (data: Float32Array | Int32Array): Uint8Array =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const flush = async (): Promise<void> => {
    await append(bytesOf(block.subarray(0, inBlock * dIn)));
    for (const id of ids) id.done.push(id.block.slice(0, inBlock));
    inBlock = 0;
  };
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await handle.close();
  };
  await append(head).catch(async (error) => {
    await close();
    throw error;
  });
  return {
    full: () => nRows === rowsPerShard,
    take: async (chunk, start) => {
      const count = Math.min(chunk.nRows - start, rowsPerBlock - inBlock, rowsPerShard - nRows);
      block.set(chunk.rows.subarray(start * dIn, (start + count) * dIn), inBlock * dIn);
      for (const id of ids) {
        id.block.set(chunk[id.name]?.subarray(start, start + count) ?? [], inBlock);
      }
      inBlock += count;
      nRows += count;
      if (inBlock === rowsPerBlock) await flush();
      return count;
    },
    finish: async () => {
      if (inBlock > 0) await flush();
      for (const id of ids) for (const part of id.done) await append(bytesOf(part));
      const early = nRows < rowsPerShard;
      if (early) await writeFully(handle, shardHead(layout, nRows, head.length), 0);
      await handle.sync();
      await close();
      const sha256 = early ? (await hashFile(path, { fileSystem })).sha256 : hash.digest("hex");
      return { file, nRows, bytes, sha256 };
    },
    close,
  };
}

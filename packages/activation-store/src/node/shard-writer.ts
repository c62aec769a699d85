import { createHash } from "node:crypto";
import { type FileSystem, temporaryName } from "@plumbline/core/node";
import { hashFile } from "./hash-file.ts";
import { createIdColumn } from "./id-column.ts";
import { idNames, rowBytesOf, type ShardLayout, shardHead } from "./shard-head.ts";
import { writeFully } from "./write-fully.ts";

/** Rows are collected to writes of about this size. */
const blockBytes = 4 * 2 ** 20;

/** What belongs to the rows of a chunk. */
export interface RowIds {
  readonly tokenIds?: Int32Array;
  readonly positions?: Int32Array;
}

/** Writes one shard; a few MiB of it are in memory. */
export interface ShardWriter {
  /** Takes all of `bytes`, whole rows as they are stored, and what belongs to each. */
  add(bytes: Uint8Array, ids: RowIds): Promise<void>;
  /** Flushes and renames. */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>;
  /** closes the file, finished or not */
  close(): Promise<void>;
}

/** A file that is hashed while it is written. */
async function createHashedFile(path: string, fileSystem: FileSystem) {
  const handle = await fileSystem.open(path, "wx+");
  const hash = createHash("sha256");
  let bytes = 0;
  let open = true;
  return {
    handle,
    bytes: () => bytes,
    digest: () => hash.digest("hex"),
    append: async (data: Uint8Array): Promise<void> => {
      // The system writes on another thread while this one computes the checksum.
      const writing = writeFully(handle, data, bytes);
      hash.update(data);
      bytes += data.length;
      await writing;
    },
    close: async (): Promise<void> => {
      if (!open) return;
      open = false;
      await handle.close();
    },
  };
}

/**
 * Starts a shard of at most `rowsPerShard` rows, under a temporary name. The header is written for a full shard, so that
 * data and checksum can follow at once; a shard that ends early gets the right header in the same room and is read again
 * for its checksum.
 */
export async function createShardWriter(options: {
  readonly path: string;
  readonly layout: ShardLayout;
  readonly rowsPerShard: number;
  readonly fileSystem: FileSystem;
}): Promise<ShardWriter> {
  const { path, layout, rowsPerShard, fileSystem } = options;
  const head = shardHead(layout, rowsPerShard);
  const rowBytes = rowBytesOf(layout);
  const rowsPerBlock = Math.min(rowsPerShard, Math.max(1, Math.floor(blockBytes / rowBytes)));
  const block = new Uint8Array(rowsPerBlock * rowBytes);
  const ids = idNames(layout).map((name) => ({ name, column: createIdColumn() }));
  const temporary = temporaryName(path);
  const file = await createHashedFile(temporary, fileSystem);
  let nRows = 0;
  let inBlock = 0;

  const addBytes = async (bytes: Uint8Array): Promise<void> => {
    for (let start = 0; start < bytes.length; ) {
      const count = Math.min(bytes.length - start, block.length - inBlock);
      const part = bytes.subarray(start, start + count);
      start += count;
      // What fills a block by itself need not be copied.
      if (part.length === block.length) {
        await file.append(part);
        continue;
      }
      block.set(part, inBlock);
      inBlock += count;
      if (inBlock < block.length) continue;
      inBlock = 0;
      await file.append(block);
    }
  };
  await file.append(head).catch(async (error) => {
    await file.close();
    throw error;
  });
  return {
    add: async (bytes, rowIds) => {
      nRows += bytes.length / rowBytes;
      for (const { name, column } of ids) column.add(rowIds[name] ?? new Int32Array());
      await addBytes(bytes);
    },
    finish: async () => {
      if (inBlock > 0) await file.append(block.subarray(0, inBlock));
      for (const { column } of ids) {
        const all = column.all();
        await file.append(new Uint8Array(all.buffer, all.byteOffset, all.byteLength));
      }
      const early = nRows < rowsPerShard;
      if (early) await writeFully(file.handle, shardHead(layout, nRows, head.length), 0);
      await file.handle.sync();
      await file.close();
      const sha256 = early ? (await hashFile(temporary, { fileSystem })).sha256 : file.digest();
      await fileSystem.rename(temporary, path);
      return { bytes: file.bytes(), sha256 };
    },
    close: file.close,
  };
}

import { createHash } from "node:crypto";
import { widenFloats } from "@plumbline/safetensors";
import { openShard, type ShardPlace } from "./open-shard.ts";
import { isS3Url } from "./place-path.ts";
import { readFully } from "./read-fully.ts";
import { rowBytesOf } from "./shard-head.ts";

/** Bytes read at once; each is a request where objects are read. */
const blockBytesOf = (path: string): number => (isS3Url(path) ? 2 ** 23 : 2 ** 20);

/** Where the activations lie in a shard whose header fits; what follows them is all data. */
async function locate(shard: ShardPlace): Promise<{ start: number; bytes: number }> {
  const reader = await openShard(shard);
  await reader.close();
  const entries = [...reader.tensors.values()];
  const dataBytes = Math.max(...entries.map((entry) => entry.byteEnd));
  const bytes = (await shard.fileSystem.stat(shard.path)).size;
  return { start: bytes - dataBytes + (reader.tensors.get("activations")?.byteStart ?? 0), bytes };
}

/**
 * Reads a shard once from beginning to end, for its checksum and its rows together.
 *
 * @param onRows gets whole rows in order, float32, in an array that is used again
 * @throws PlumblineError `bad-shard` where the header does not say what was expected; those of a damaged header; the reason
 *   of the signal
 */
export async function scanShard(
  shard: ShardPlace,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onRows: (rows: Float32Array) => void;
  },
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const { signal, onRows } = options;
  const { path, layout, nRows, fileSystem } = shard;
  const { start, bytes } = await locate(shard);
  const blockBytes = blockBytesOf(path);
  const rowBytes = rowBytesOf(layout);
  const rowsAtOnce = Math.max(1, Math.floor(blockBytes / rowBytes));
  const block = new Uint8Array(Math.max(rowsAtOnce * rowBytes, Math.min(blockBytes, bytes)));
  const values = new Float32Array(rowsAtOnce * layout.dIn);
  const hash = createHash("sha256");
  const file = await fileSystem.open(path, "r");
  const read = async (position: number, end: number): Promise<Uint8Array> => {
    signal?.throwIfAborted();
    const part = block.subarray(0, end - position);
    await readFully(file, part, position, path);
    hash.update(part);
    return part;
  };
  const skip = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += block.length) await read(at, Math.min(at + block.length, to));
  };
  try {
    await skip(0, start);
    for (let row = 0; row < nRows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, nRows - row);
      const part = await read(start + row * rowBytes, start + (row + count) * rowBytes);
      const rows = values.subarray(0, count * layout.dIn);
      widenFloats(part, layout.dtype, rows);
      onRows(rows);
    }
    await skip(start + nRows * rowBytes, bytes);
    return { sha256: hash.digest("hex"), bytes };
  } finally {
    await file.close();
  }
}

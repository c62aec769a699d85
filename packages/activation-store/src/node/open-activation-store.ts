import {
  type ActivationChunk,
  type ActivationSource,
  activationSourceSpecVersion,
  type Random,
} from "@plumbline/core";
import type { FileSystem } from "@plumbline/core/node";
import { createBatchSource, type RowReader, type ShuffledBatchSource } from "../batch-source.ts";
import type { StoreManifest } from "../manifest.ts";
import { openShard, type ShardPlace } from "./open-shard.ts";
import { placeJoin } from "./place-path.ts";
import { readManifest } from "./read-manifest.ts";
import { readStatistics } from "./read-statistics.ts";
import { createOpenedStore, createReadRows } from "./row-reader.ts";
import { openReading, type StoreReading } from "./s3/in-storage.ts";
import { readSequence } from "./sequential-rows.ts";
import { createShardPool } from "./shard-pool.ts";
import { checkSize, checkSum } from "./verify-files.ts";

/** Files of one store that stay open; systems allow a process at least 256, most 1024. */
const maxOpenFiles = 128;
/** Size of the chunks that `source()` yields. */
const chunkBytes = 8 * 2 ** 20;

/** Activations on disk, opened. */
export interface ActivationStore extends RowReader {
  readonly path: string;
  readonly manifest: StoreManifest;
  /** Rows `start` … `start + count − 1`. @throws PlumblineError `row-out-of-range`, `not-finite` */
  rows(start: number, count: number): Promise<ActivationChunk>;
  /** All rows in the order in which they were written. */
  source(): ActivationSource;
  /** Shuffled batches, as `createBatchSource` makes them. */
  batchSource(order: { readonly seed: number } | { readonly random: Random }): ShuffledBatchSource;
  /** Waits for reads in progress and closes the files; twice is harmless. */
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /**
   * `checksums` reads every file once and compares; `sizes` only looks at their lengths, for stores that were checked
   * before
   */
  readonly verify?: "checksums" | "sizes";
  readonly signal?: AbortSignal;
  /** called after each shard that was checked */
  readonly onProgress?: (progress: { readonly nShards: number; readonly nShardsInAll: number }) => void;
  readonly fileSystem?: FileSystem;
}

function sourceOf(
  manifest: StoreManifest,
  rows: (start: number, count: number) => Promise<ActivationChunk>,
): ActivationSource {
  const { dIn, nRows, hookPoint, provenance, source } = manifest;
  const rowsPerChunk = Math.max(1, Math.floor(chunkBytes / (4 * dIn)));
  async function* chunks(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ActivationChunk> {
    for (let start = 0; start < nRows; start += rowsPerChunk) {
      options.signal?.throwIfAborted();
      yield await rows(start, Math.min(rowsPerChunk, nRows - start));
    }
  }
  return Object.freeze({
    specVersion: activationSourceSpecVersion,
    name: source,
    dIn,
    nRows,
    ...(hookPoint !== undefined && { hookPoint }),
    provenance,
    chunks,
  });
}

/**
 * Opens a folder that `writeActivationStore` made. Nothing in it is trusted: the manifest is checked key by key, every
 * file against its length, its checksum (unless `verify` says otherwise) and the shapes it should hold.
 *
 * Rows are read by their places in the files: no shard is loaded whole, nearby rows are read together, and up to 128 files
 * stay open.
 *
 * @throws PlumblineError (kind `input`) `no-such-store`, `foreign-format`, `foreign-version`, `bad-manifest`, `missing-shard`,
 *   `truncated-shard`, `altered-shard`, `bad-shard`; `interrupted`
 * @example
 * import { createActivationMemory } from "@plumbline/activation-store";
 * import { openActivationStore, writeActivationStore } from "@plumbline/activation-store/node";
 *
 * const rows = Float32Array.from({ length: 20 }, (_, i) => i);
 * await writeActivationStore("numbers", createActivationMemory({ dIn: 2, rows }));
 * const store = await openActivationStore("numbers");
 * console.log((await store.rows(3, 1)).rows); // Float32Array(2) [ 6, 7 ]
 * await store.close();
 */
export async function openActivationStore(
  path: string,
  options: OpenStoreOptions = {},
): Promise<ActivationStore> {
  const reading = await openReading(path, options.fileSystem);
  try {
    return await openWith(path, options, reading);
  } catch (error) {
    reading.close();
    throw error;
  }
}

async function openWith(
  path: string,
  options: OpenStoreOptions,
  { fileSystem, close }: StoreReading,
): Promise<ActivationStore> {
  const { verify = "checksums", signal, onProgress } = options;
  const manifest = await readManifest(path, fileSystem);
  const { dIn, nRows, shards } = manifest;
  const { mean } = await readStatistics(path, manifest, { fileSystem, shardMeans: false });
  for (const shard of shards) await checkSize(path, shard, fileSystem);
  const placeOf = (i: number): ShardPlace => ({
    path: placeJoin(path, shards[i]?.file ?? ""),
    layout: manifest,
    nRows: shards[i]?.nRows ?? 0,
    fileSystem,
  });
  const pool = createShardPool((i) => openShard(placeOf(i)), maxOpenFiles);
  try {
    for (const [i, shard] of shards.entries()) {
      if (verify === "checksums") await checkSum(path, shard, { fileSystem, signal });
      await pool.use(i, async () => undefined);
      onProgress?.({ nShards: i + 1, nShardsInAll: shards.length });
    }
  } catch (error) {
    await pool.close();
    throw error;
  }
  const store = createOpenedStore(path, manifest, pool);
  const rows = (start: number, count: number): Promise<ActivationChunk> => readSequence(store, start, count);
  const statistics = { nRows, mean, meanSquaredNorm: manifest.statistics.meanSquaredNorm };
  const reader: RowReader = { dIn, nRows, statistics, readRows: createReadRows(store) };
  return Object.freeze({
    ...reader,
    path,
    manifest,
    rows,
    source: () => sourceOf(manifest, rows),
    batchSource: (order) => createBatchSource(reader, order),
    close: async () => {
      await pool.close();
      close();
    },
  } satisfies ActivationStore);
}

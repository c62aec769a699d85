import { join } from "node:path";
import type { ActivationChunk, ActivationSource, ActivationStatistics } from "@plumbline/core";
import {
  createFolderAtomically,
  type FileSystem,
  nodeFileSystem,
  writeFileAtomically,
} from "@plumbline/core/node";
import { writeSafetensors } from "@plumbline/safetensors/node";
import { checkChunkShape, checkFinite } from "../check-chunk.ts";
import { isCount, storeError } from "../errors.ts";
import {
  encodeStoreManifest,
  manifestName,
  type StoreManifest,
  type StoreShard,
  statisticsName,
  storeFormat,
  storeLimits,
  storeVersion,
} from "../manifest.ts";
import { createStatisticsAccumulator } from "../statistics.ts";
import { hashFile } from "./hash-file.ts";
import { interruptedError, interruptible } from "./interruptible.ts";
import type { ShardLayout } from "./shard-head.ts";
import { createShardWriter, type ShardWriter } from "./shard-writer.ts";

/** How far {@link writeActivationStore} has come. */
export interface StoreProgress {
  /** rows written or about to be */
  readonly nRows: number;
  /** rows in all, where the source knows it */
  readonly nRowsInAll: number | undefined;
  /** shards that are complete */
  readonly nShards: number;
}

export interface WriteStoreOptions {
  /** rows in one file, the last one may have fewer; 65536 by default, 192 MiB at a width of 768 */
  readonly rowsPerShard?: number;
  readonly signal?: AbortSignal;
  /** called after each chunk of the source */
  readonly onProgress?: (progress: StoreProgress) => void;
  readonly fileSystem?: FileSystem;
}

const from = "writeActivationStore()";

function checkOptions(source: ActivationSource, rowsPerShard: number): void {
  const { dIn } = source;
  if (!isCount(dIn, 1) || dIn > storeLimits.maxWidth) {
    throw storeError({
      code: "bad-width",
      kind: "bug",
      message: `${from}: expected a width of 1 to ${storeLimits.maxWidth}, got ${dIn}`,
      where: `source "${source.name}"`,
    });
  }
  if (isCount(rowsPerShard, 1) && rowsPerShard <= storeLimits.maxRows) return;
  throw storeError({
    code: "bad-shard-size",
    kind: "usage",
    message: `${from}: expected 1 to ${storeLimits.maxRows} rows in a shard, got ${rowsPerShard}`,
  });
}

/** The layout that the first chunk sets, or the error for a chunk that departs from it. */
function layoutOf(chunk: ActivationChunk, dIn: number, layout: ShardLayout | undefined): ShardLayout {
  const found = { dIn, tokenIds: chunk.tokenIds !== undefined, positions: chunk.positions !== undefined };
  if (layout === undefined) return found;
  for (const name of ["tokenIds", "positions"] as const) {
    if (found[name] === layout[name]) continue;
    throw storeError({
      code: "bad-chunk",
      kind: "bug",
      message: `${from}: expected ${name} with every chunk or with none`,
      hint: "correct the activation source",
    });
  }
  return layout;
}

function checkTotals(nRows: number, nShards: number, source: ActivationSource): void {
  if (nRows > storeLimits.maxRows || nShards > storeLimits.maxShards) {
    throw storeError({
      code: "too-many-rows",
      kind: "usage",
      message: `${from}: expected at most ${storeLimits.maxRows} rows and ${storeLimits.maxShards} shards, got ${nRows} and ${nShards}`,
      where: `source "${source.name}"`,
      hint: "raise rowsPerShard or write several stores",
    });
  }
}

/** Repacks chunks into shards; chunk sizes leave no trace in the files. */
async function writeShards(
  folder: string,
  source: ActivationSource,
  options: { rowsPerShard: number; fileSystem: FileSystem } & WriteStoreOptions,
): Promise<
  Pick<StoreManifest, "shards" | "tokenIds" | "positions"> & { readonly statistics: ActivationStatistics }
> {
  const { rowsPerShard, fileSystem, signal, onProgress } = options;
  const { dIn } = source;
  const statistics = createStatisticsAccumulator(dIn);
  const shards: StoreShard[] = [];
  let layout: ShardLayout | undefined;
  let writer: ShardWriter | undefined;
  let nRows = 0;
  try {
    for await (const chunk of interruptible(source, signal, from)) {
      const context = { from, source: source.name, dIn, firstRow: nRows };
      checkChunkShape(chunk, context);
      checkFinite(chunk.rows, context);
      layout = layoutOf(chunk, dIn, layout);
      statistics.add(chunk.rows);
      for (let start = 0; start < chunk.nRows; ) {
        if (signal?.aborted) throw interruptedError(from, signal.reason);
        const file = `shard-${String(shards.length).padStart(5, "0")}.safetensors`;
        writer ??= await createShardWriter({ folder, file, layout, rowsPerShard, fileSystem });
        start += await writer.take(chunk, start);
        if (writer.full()) {
          shards.push(await writer.finish());
          writer = undefined;
        }
      }
      nRows += chunk.nRows;
      checkTotals(nRows, shards.length + 1, source);
      onProgress?.({ nRows, nRowsInAll: source.nRows, nShards: shards.length });
    }
    if (writer !== undefined) shards.push(await writer.finish());
  } finally {
    await writer?.close();
  }
  const { tokenIds = false, positions = false } = layout ?? {};
  return { shards, tokenIds, positions, statistics: statistics.finish() };
}

function checkRowCount(nRows: number, source: ActivationSource): void {
  if (source.nRows === undefined || source.nRows === nRows) return;
  throw storeError({
    code: "row-count-mismatch",
    kind: "bug",
    message: `${from}: expected the ${source.nRows} rows that the source announced, got ${nRows}`,
    where: `source "${source.name}"`,
    hint: "correct the activation source",
  });
}

/**
 * Writes everything a source gives to a new folder: shards of rows, their statistics, and a manifest with checksums. The
 * folder appears whole or not at all. The files depend on the rows and `rowsPerShard` only, not on how the source cuts its
 * chunks; memory stays at a few MiB beside the chunk at hand.
 *
 * @param path must not exist; its parents are made
 * @returns what was written to `store.json`
 * @throws PlumblineError `output-exists`, `not-finite` naming row and column, `no-rows`, `bad-chunk`, `row-count-mismatch`,
 *   `too-many-rows`, `bad-shard-size`, `interrupted`, `disk-full`, `no-permission`
 * @example
 * import { createActivationMemory } from "@plumbline/activation-store";
 * import { writeActivationStore } from "@plumbline/activation-store/node";
 *
 * const source = createActivationMemory({ dIn: 2, rows: Float32Array.of(1, 2, 3, 4, 5, 6) });
 * const manifest = await writeActivationStore("activations", source, { rowsPerShard: 2 });
 * console.log(manifest.shards.map((shard) => shard.nRows)); // [ 2, 1 ]
 */
export async function writeActivationStore(
  path: string,
  source: ActivationSource,
  options: WriteStoreOptions = {},
): Promise<StoreManifest> {
  const { rowsPerShard = 65536, fileSystem = nodeFileSystem } = options;
  checkOptions(source, rowsPerShard);
  const fill = async (folder: string): Promise<StoreManifest> => {
    const written = await writeShards(folder, source, { ...options, rowsPerShard, fileSystem });
    const { nRows, mean, meanSquaredNorm } = written.statistics;
    checkRowCount(nRows, source);
    const statisticsPath = join(folder, statisticsName);
    const meanTensor = { mean: { shape: [source.dIn], data: mean } };
    await writeSafetensors(statisticsPath, meanTensor, undefined, { fileSystem });
    const manifest: StoreManifest = {
      format: storeFormat,
      version: storeVersion,
      source: source.name,
      ...(source.hookPoint !== undefined && { hookPoint: source.hookPoint }),
      dIn: source.dIn,
      dtype: "F32",
      nRows,
      tokenIds: written.tokenIds,
      positions: written.positions,
      provenance: source.provenance ?? {},
      statistics: {
        file: statisticsName,
        ...(await hashFile(statisticsPath, { fileSystem })),
        meanSquaredNorm,
      },
      shards: written.shards,
    };
    await writeFileAtomically(join(folder, manifestName), encodeStoreManifest(manifest), { fileSystem });
    if (options.signal?.aborted) throw interruptedError(from, options.signal.reason);
    return manifest;
  };
  return createFolderAtomically(path, fill, { fileSystem });
}

import type { FileSystem } from "@plumbline/core/node";
import { checkFinite } from "../check-chunk.ts";
import type { StoreManifest, StoreShard } from "../manifest.ts";
import type { StatisticsAccumulator } from "../statistics.ts";
import { interruptedError } from "./interruptible.ts";
import { placeJoin } from "./place-path.ts";
import { scanShard } from "./scan-shard.ts";
import { alteredShard, checkSize } from "./verify-files.ts";

/**
 * Reads a shard once and checks its size, its header, its checksum and its values; they go into `statistics` where all is
 * well.
 *
 * @returns true
 * @throws PlumblineError (kind `input`) the first thing that is wrong with it, of those above in this order; `interrupted`
 */
export async function verifyShard(
  folder: string,
  options: {
    readonly manifest: StoreManifest;
    readonly shard: StoreShard;
    /** row number of the shard's first row */
    readonly firstRow: number;
    readonly statistics: StatisticsAccumulator;
    readonly fileSystem: FileSystem;
    readonly signal: AbortSignal | undefined;
  },
): Promise<true> {
  const { manifest, shard, statistics, fileSystem, signal } = options;
  const path = placeJoin(folder, shard.file);
  const context = { from: "verifyActivationStore()", source: path, dIn: manifest.dIn };
  let row = options.firstRow;
  let broken: { readonly error: unknown } | undefined;
  const onRows = (rows: Float32Array): void => {
    try {
      if (broken !== undefined) return;
      checkFinite(rows, { ...context, firstRow: row });
      statistics.add(rows);
      row += rows.length / manifest.dIn;
    } catch (error) {
      broken = { error };
    }
  };
  await checkSize(folder, shard, fileSystem);
  const place = { path, layout: manifest, nRows: shard.nRows, fileSystem };
  const { sha256 } = await scanShard(place, { signal, onRows }).catch((error: unknown) => {
    throw signal?.aborted ? interruptedError(context.from, error) : error;
  });
  if (sha256 !== shard.sha256) throw alteredShard(path, shard, sha256);
  if (broken !== undefined) throw broken.error;
  return true;
}

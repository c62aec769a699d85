import { PlumblineError } from "@plumbline/core";
import type { FileSystem } from "@plumbline/core/node";
import type { StoreManifest } from "../manifest.ts";
import { createStatisticsAccumulator } from "../statistics.ts";
import { compareStatistics } from "./compare-statistics.ts";
import { placeJoin } from "./place-path.ts";
import { readManifest } from "./read-manifest.ts";
import { readStatistics, type StatisticsTensors } from "./read-statistics.ts";
import { openReading } from "./s3/in-storage.ts";
import { verifyShard } from "./verify-shard.ts";

/** Something in a store that is not as it should be. */
export interface StoreProblem {
  /** stable name, as `altered-shard` */
  readonly code: string;
  /** the file, and the place in it where that is known */
  readonly where: string;
  readonly message: string;
}

/** What {@link verifyActivationStore} found. */
export interface StoreReport {
  /** whether there are no problems */
  readonly ok: boolean;
  /** as the manifest says; 0 where it cannot be read */
  readonly nRows: number;
  readonly nShards: number;
  /** of all files that the manifest names */
  readonly bytes: number;
  readonly problems: readonly StoreProblem[];
}

export interface VerifyStoreOptions {
  readonly signal?: AbortSignal;
  /** called after each shard */
  readonly onProgress?: (progress: { readonly nShards: number; readonly nShardsInAll: number }) => void;
  readonly fileSystem?: FileSystem;
}

/** Does some checking; what it says of the store becomes a problem, what it says of the machine is thrown. */
async function collect<R>(
  problems: StoreProblem[],
  where: string,
  work: () => Promise<R>,
): Promise<R | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!PlumblineError.isInstance(error) || error.kind !== "input") throw error;
    problems.push({ code: error.code, where: error.where ?? where, message: error.what });
    return undefined;
  }
}

const statisticsProblem = (where: string, difference: string): StoreProblem => ({
  code: "wrong-statistics",
  where,
  message: `[activation-store] verifyActivationStore(): the store says ${difference}`,
});

/** Checks every shard, and what the store says of each and of all. */
async function verifyShards(
  path: string,
  manifest: StoreManifest,
  options: {
    readonly tensors: StatisticsTensors | undefined;
    readonly fileSystem: FileSystem;
    readonly problems: StoreProblem[];
  } & VerifyStoreOptions,
): Promise<void> {
  const { tensors, fileSystem, signal, problems } = options;
  const { dIn, shards } = manifest;
  let statistics = createStatisticsAccumulator(dIn);
  let firstRow = 0;
  let allWhole = true;
  for (const [i, shard] of shards.entries()) {
    const where = placeJoin(path, shard.file);
    const isWhole = await collect(problems, where, () =>
      verifyShard(path, { manifest, shard, firstRow, statistics, fileSystem, signal }),
    );
    allWhole &&= isWhole === true;
    if (isWhole) {
      const mean = tensors?.shardMeans?.subarray(i * dIn, (i + 1) * dIn);
      const said = { mean, meanSquaredNorm: shard.meanSquaredNorm };
      const difference = compareStatistics(said, statistics.finishPart());
      if (difference !== undefined) problems.push(statisticsProblem(where, difference));
    } else {
      // Some of its rows may have gone in; those of all rows cannot be told any more.
      statistics = createStatisticsAccumulator(dIn);
    }
    firstRow += shard.nRows;
    options.onProgress?.({ nShards: i + 1, nShardsInAll: shards.length });
  }
  if (!allWhole) return;
  const said = { mean: tensors?.mean, meanSquaredNorm: manifest.statistics.meanSquaredNorm };
  const difference = compareStatistics(said, statistics.finish());
  const where = placeJoin(path, manifest.statistics.file);
  if (difference !== undefined) problems.push(statisticsProblem(where, difference));
}

/**
 * Checks everything in a store: the manifest, the size and checksum of every file, the shapes they hold, that every value is
 * finite, and that the statistics are those of the rows. It does not stop at the first problem.
 *
 * Every file is read once from beginning to end.
 *
 * @returns all problems; none mean that the store is as it was written
 * @throws PlumblineError `interrupted`, and what keeps it from reading (kind `environment`)
 * @example
 * import { createActivationMemory } from "@plumbline/activation-store";
 * import { verifyActivationStore, writeActivationStore } from "@plumbline/activation-store/node";
 *
 * await writeActivationStore("ones", createActivationMemory({ dIn: 1, rows: Float32Array.of(1, 1) }));
 * console.log((await verifyActivationStore("ones")).ok); // true
 * console.log((await verifyActivationStore("twos")).problems[0]?.code); // no-such-store
 */
export async function verifyActivationStore(
  path: string,
  options: VerifyStoreOptions = {},
): Promise<StoreReport> {
  const { fileSystem, close } = await openReading(path, options.fileSystem);
  try {
    return await verifyWith(path, { ...options, fileSystem });
  } finally {
    close();
  }
}

async function verifyWith(
  path: string,
  options: VerifyStoreOptions & { readonly fileSystem: FileSystem },
): Promise<StoreReport> {
  const { fileSystem } = options;
  const problems: StoreProblem[] = [];
  const manifest = await collect(problems, path, () => readManifest(path, fileSystem));
  if (manifest === undefined) return { ok: false, nRows: 0, nShards: 0, bytes: 0, problems };
  const { statistics, shards, nRows } = manifest;
  const tensors = await collect(problems, placeJoin(path, statistics.file), () =>
    readStatistics(path, manifest, { fileSystem, shardMeans: true }),
  );
  await verifyShards(path, manifest, { ...options, tensors, fileSystem, problems });
  const bytes = shards.reduce((sum, shard) => sum + shard.bytes, statistics.bytes);
  return { ok: problems.length === 0, nRows, nShards: shards.length, bytes, problems };
}

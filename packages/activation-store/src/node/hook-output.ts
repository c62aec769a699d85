import type { PassHook } from "@plumbline/core";
import type { StoreFile, StoreShard } from "../manifest.ts";
import { createStatisticsAccumulator, type StatisticsAccumulator } from "../statistics.ts";
import { shardName } from "./shard-head.ts";

/** What is known so far of the store of one hook point. */
export interface HookOutput {
  readonly hook: PassHook;
  /** folder of its store below that of all; empty for the only one */
  readonly folder: string;
  /** of all rows that belong to complete shards or are on their way into one */
  readonly statistics: StatisticsAccumulator;
  /** complete ones, in the order of the rows */
  readonly shards: StoreShard[];
  /** [dIn] of each complete shard */
  readonly shardMeans: Float32Array[];
}

export function createHookOutput(hook: PassHook, folder: string): HookOutput {
  return { hook, folder, statistics: createStatisticsAccumulator(hook.dIn), shards: [], shardMeans: [] };
}

/** A file of the store, as a path below the folder of all stores. */
export function fileOf(output: Pick<HookOutput, "folder">, name: string): string {
  return output.folder === "" ? name : `${output.folder}/${name}`;
}

/** Counts a shard as complete; its rows have gone through `output.statistics`. */
export function completeShard(output: HookOutput, file: Omit<StoreFile, "file">): void {
  const { nRows, mean, meanSquaredNorm } = output.statistics.finishPart();
  const { bytes, sha256 } = file;
  output.shards.push({ file: shardName(output.shards.length), nRows, bytes, sha256, meanSquaredNorm });
  output.shardMeans.push(mean);
}

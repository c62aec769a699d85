import type { FileSystem } from "@plumbline/core/node";
import { openSafetensors, type SafetensorsReader } from "@plumbline/safetensors/node";
import { checkFinite } from "../check-chunk.ts";
import { storeError } from "../errors.ts";
import type { StoreManifest } from "../manifest.ts";
import { placeJoin } from "./place-path.ts";
import { checkSize, checkSum } from "./verify-files.ts";

/** What the file of statistics holds. */
export interface StatisticsTensors {
  /** [dIn] */
  readonly mean: Float32Array;
  /** [nShards, dIn]; absent in stores of version 1 */
  readonly shardMeans?: Float32Array;
}

async function readMeans(
  file: SafetensorsReader,
  name: string,
  expected: { readonly shape: readonly number[]; readonly dIn: number; readonly where: string },
): Promise<Float32Array> {
  const { where, dIn } = expected;
  const { shape, data } = await file.float32(name);
  if (shape.join() !== expected.shape.join()) {
    throw storeError({
      code: "bad-shard",
      kind: "input",
      message: `openActivationStore(): expected a tensor ${name} of shape [${expected.shape.join(", ")}], got [${shape.join(", ")}]`,
      where,
      hint: "write the store again",
    });
  }
  checkFinite(data, { from: "openActivationStore()", source: where, dIn, firstRow: 0 });
  return data;
}

/** Reads and checks a store's file of statistics. */
export async function readStatistics(
  path: string,
  manifest: StoreManifest,
  options: { readonly fileSystem: FileSystem; readonly shardMeans: boolean },
): Promise<StatisticsTensors> {
  const { fileSystem } = options;
  const { statistics, dIn, shards } = manifest;
  await checkSize(path, statistics, fileSystem);
  await checkSum(path, statistics, { fileSystem });
  const where = placeJoin(path, statistics.file);
  const file = await openSafetensors(where, { fileSystem });
  try {
    const mean = await readMeans(file, "mean", { shape: [dIn], dIn, where });
    if (!options.shardMeans || manifest.version === 1) return { mean };
    const shape = [shards.length, dIn];
    return { mean, shardMeans: await readMeans(file, "shardMeans", { shape, dIn, where }) };
  } finally {
    await file.close();
  }
}

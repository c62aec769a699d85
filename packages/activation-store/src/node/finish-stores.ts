import { join } from "node:path";
import { writeFileAtomically } from "@plumbline/core/node";
import { writeSafetensors } from "@plumbline/safetensors/node";
import {
  encodeStoreManifest,
  manifestName,
  type StoreManifest,
  statisticsName,
  storeFormat,
  storeVersion,
} from "../manifest.ts";
import { hashFile } from "./hash-file.ts";
import { fileOf, type HookOutput } from "./hook-output.ts";
import type { IdLayout } from "./shard-set.ts";
import type { WritingPlace } from "./writing-place.ts";
import type { WritingPlan } from "./writing-plan.ts";

/** The rows of all arrays below each other. */
function stack(parts: readonly Float32Array[], dIn: number): Float32Array {
  const all = new Float32Array(parts.length * dIn);
  for (const [i, part] of parts.entries()) all.set(part, i * dIn);
  return all;
}

async function writeStatistics(
  place: WritingPlace,
  plan: WritingPlan,
  output: HookOutput,
  ids: IdLayout,
): Promise<StoreManifest> {
  const { fileSystem } = place;
  const { dIn, hookPoint } = output.hook;
  const { nRows, mean, meanSquaredNorm } = output.statistics.finish();
  const file = fileOf(output, statisticsName);
  const path = join(place.workshop, file);
  const shardMeans = { shape: [output.shards.length, dIn], data: stack(output.shardMeans, dIn) };
  const tensors = { mean: { shape: [dIn], data: mean }, shardMeans };
  await writeSafetensors(path, tensors, undefined, { fileSystem });
  const written = await hashFile(path, { fileSystem });
  await place.keep(file, written.sha256);
  return {
    format: storeFormat,
    version: storeVersion,
    source: plan.pass.name,
    ...(hookPoint !== undefined && { hookPoint }),
    dIn,
    dtype: plan.dtype,
    nRows,
    ...ids,
    provenance: plan.pass.provenance ?? {},
    statistics: { file: statisticsName, ...written, meanSquaredNorm },
    shards: output.shards,
  };
}

/** Writes what follows the shards: statistics of every store, then their manifests, which make stores of them. */
export async function finishStores(
  place: WritingPlace,
  plan: WritingPlan,
  outputs: readonly HookOutput[],
  ids: IdLayout,
): Promise<readonly StoreManifest[]> {
  const manifests: StoreManifest[] = [];
  for (const output of outputs) manifests.push(await writeStatistics(place, plan, output, ids));
  for (const [i, manifest] of manifests.entries()) {
    const file = fileOf(outputs[i] ?? { folder: "" }, manifestName);
    const path = join(place.workshop, file);
    const { fileSystem } = place;
    await writeFileAtomically(path, encodeStoreManifest(manifest), { fileSystem });
    await place.keep(file, (await hashFile(path, { fileSystem })).sha256);
  }
  return manifests;
}

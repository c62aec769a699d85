import { type ActivationSource, passOf } from "@plumbline/core";
import type { StoreManifest } from "../manifest.ts";
import type { WriteStoreOptions } from "./write-options.ts";
import { writeStores } from "./write-stores.ts";

/**
 * Writes everything a source gives to a new folder: shards of rows, their statistics, and a manifest with checksums. The
 * folder appears whole or not at all. The files depend on the rows, `dtype` and `rowsPerShard` only, not on how the source
 * cuts its chunks; memory stays at a few MiB beside the chunk at hand.
 *
 * It is {@link writeActivationStores} for a pass with one hook; what that says of `resumable` holds here too, except that a
 * source is read again from its beginning, and rows that are there already are left out.
 *
 * @param path must not exist; its parents are made
 * @returns what was written to `store.json`
 * @throws PlumblineError `output-exists`, `not-finite` naming row and column, `too-large-for-dtype`, `no-rows`, `bad-chunk`,
 *   `row-count-mismatch`, `too-many-rows`, `bad-shard-size`, `interrupted`, `disk-full`, `no-permission`
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
  const [written] = await writeStores(path, passOf(source), options, "writeActivationStore()");
  if (written === undefined) throw new Error("a pass with one hook gives one store");
  return written.manifest;
}

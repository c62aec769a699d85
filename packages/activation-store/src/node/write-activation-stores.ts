import type { ActivationPass } from "@plumbline/core";
import type { WriteStoreOptions, WrittenStore } from "./write-options.ts";
import { writeStores } from "./write-stores.ts";

/**
 * Writes one store for each hook point of a pass, reading the pass once. With one hook point the store is `path` itself,
 * with several each is a folder in it, named after its hook point: letters, digits, `.`, `_` and `-` are kept, anything
 * else becomes `_`. All have the same rows in the same shards.
 *
 * Without `resumable` the folder appears whole or not at all. With it the work is done in `<path>.partial`, which stays when
 * the writing is interrupted, by a signal, a full disk, or the end of the process at any moment. A later call with
 * `resume: true` and the same fingerprint reads the shards that are complete (their checksums are compared), goes on at the
 * row after them, and ends with the bytes of a writing that was never interrupted.
 *
 * @param path must not exist; its parents are made
 * @returns the stores, in the order of the hook points
 * @throws PlumblineError those of `writeActivationStore`; `hook-names-collide`; with `resumable` also `partial-exists`,
 *   `foreign-partial`, `partial-locked`, `altered-shard`, `bad-journal`
 * @example
 * import { passOf } from "@plumbline/core";
 * import { writeActivationStores } from "@plumbline/activation-store/node";
 *
 * const pass = passOf({
 *   specVersion: 1,
 *   name: "two places",
 *   hooks: [
 *     { hookPoint: "blocks.0", dIn: 1 },
 *     { hookPoint: "blocks.1", dIn: 2 },
 *   ],
 *   async *chunks({ startRow = 0 } = {}) {
 *     for (let row = startRow; row < 4; row++) {
 *       yield { nRows: 1, rows: [Float32Array.of(row), Float32Array.of(row, -row)] };
 *     }
 *   },
 * });
 * const stores = await writeActivationStores("both", pass, {
 *   resumable: { fingerprint: "four rows" },
 *   resume: true,
 * });
 * console.log(stores.map((store) => store.manifest.hookPoint)); // [ 'blocks.0', 'blocks.1' ]
 */
export async function writeActivationStores(
  path: string,
  pass: ActivationPass,
  options: WriteStoreOptions = {},
): Promise<readonly WrittenStore[]> {
  return writeStores(path, pass, options, "writeActivationStores()");
}

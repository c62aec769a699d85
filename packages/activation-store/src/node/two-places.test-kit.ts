import { spawnSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ActivationPass, PassChunk } from "@plumbline/core";
import { filesBelow, inFolder } from "./store.test-kit.ts";
import { writeActivationStores } from "./write-activation-stores.ts";
import type { WriteStoreOptions } from "./write-options.ts";

const nRows = 11;
/** Two hook points of widths 2 and 3; the value of row r, column c is 100 r + c, negative at the second. */
export function testPass(
  options: { nRows?: number; chunk?: number; stopAt?: number; starts?: number[] } = {},
): ActivationPass {
  const { nRows: all = nRows, chunk = 3, stopAt = Number.POSITIVE_INFINITY, starts = [] } = options;
  const rowsOf = (first: number, count: number, dIn: number, sign: number): Float32Array =>
    Float32Array.from(
      { length: count * dIn },
      (_, i) => sign * (100 * (first + Math.floor(i / dIn)) + (i % dIn)),
    );
  return {
    specVersion: 1,
    name: "two places",
    hooks: [
      { hookPoint: "blocks.0", dIn: 2 },
      { hookPoint: "blocks/1", dIn: 3 },
    ],
    nRows: all,
    provenance: { seed: 1 },
    async *chunks({ startRow = 0 } = {}): AsyncGenerator<PassChunk> {
      starts.push(startRow);
      for (let first = startRow; first < all; first += chunk) {
        if (first >= stopAt) throw new Error("the model fell over");
        const count = Math.min(chunk, all - first);
        yield {
          nRows: count,
          rows: [rowsOf(first, count, 2, 1), rowsOf(first, count, 3, -1)],
          tokenIds: Int32Array.from({ length: count }, (_, i) => 7 * (first + i)),
        };
      }
    },
  };
}

export const options: WriteStoreOptions = { rowsPerShard: 4, resumable: { fingerprint: "eleven rows" } };
export const going: WriteStoreOptions = { ...options, resume: true };

const { pid } = spawnSync(process.execPath, ["--version"]);

/** The lock that a crashed process leaves: in these tests the process goes on living. */
export async function bury(partial: string): Promise<void> {
  const names: readonly string[] = await readdir(partial).catch(() => []);
  if (!names.includes("lock")) return;
  await writeFile(join(partial, "lock"), JSON.stringify({ pid, start: "1" }));
}

export async function undisturbed(more: WriteStoreOptions = {}): Promise<Record<string, string>> {
  return inFolder(async (folder) => {
    await writeActivationStores(join(folder, "out"), testPass(), { rowsPerShard: 4, ...more });
    return filesBelow(join(folder, "out"));
  });
}

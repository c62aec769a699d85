import { openActivationStore } from "@plumbline/activation-store/node";
import { PlumblineError } from "@plumbline/core";
import { shownBytes } from "@plumbline/extract/terminal";
import type { Inspection } from "./inspection.ts";

const norm = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** An activation store: what it holds, and whether every shard is what was written. */
export async function inspectStore(path: string): Promise<Inspection> {
  const problems: string[] = [];
  let store: Awaited<ReturnType<typeof openActivationStore>>;
  try {
    store = await openActivationStore(path, { verify: "checksums" });
  } catch (error) {
    if (!PlumblineError.isInstance(error)) throw error;
    problems.push(error.message);
    return { kind: "store", facts: {}, problems };
  }
  try {
    const { manifest, statistics } = store;
    const bytes = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
    return {
      kind: "store",
      facts: {
        source: manifest.source,
        ...(manifest.hookPoint === undefined ? {} : { hookPoint: manifest.hookPoint }),
        rows: store.nRows,
        dIn: store.dIn,
        dtype: manifest.dtype,
        tokenIds: manifest.tokenIds,
        positions: manifest.positions,
        shards: manifest.shards.length,
        size: shownBytes(bytes),
        "norm of the mean": norm(statistics.mean),
        "mean squared norm": statistics.meanSquaredNorm,
        checksums: "all right",
        ...manifest.provenance,
      },
      problems,
    };
  } finally {
    await store.close();
  }
}

import type { ActivationChunk } from "@plumbline/core";
import { storeError } from "../errors.ts";
import { shardOf } from "./plan-reads.ts";
import type { OpenedStore } from "./row-reader.ts";
import { idNames } from "./shard-head.ts";

/** Reads rows `start` … `start + count − 1`, with the token ids and positions that the store has. */
export async function readSequence(
  store: OpenedStore,
  start: number,
  count: number,
): Promise<ActivationChunk> {
  const { manifest, starts, pool, check } = store;
  const { dIn, nRows } = manifest;
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(count);
  if (!whole || start < 0 || count < 1 || start + count > nRows) {
    throw storeError({
      code: "row-out-of-range",
      kind: "usage",
      message: `rows(): expected at least one row within 0 to ${nRows}, got ${count} from row ${start} on`,
    });
  }
  const rows = new Float32Array(count * dIn);
  const ids = idNames(manifest).map((name) => [name, new Int32Array(count)] as const);
  for (let done = 0; done < count; ) {
    const shard = shardOf(start + done, starts);
    const first = start + done - (starts[shard] ?? 0);
    const end = Math.min(done + (manifest.shards[shard]?.nRows ?? 0) - first, count);
    const values = rows.subarray(done * dIn, end * dIn);
    const idParts = ids.map(([name, data]) => [name, data.subarray(done, end)] as const);
    await pool.use(shard, async (file) => {
      await file.float32Rows("activations", first, end - done, values);
      for (const [name, part] of idParts) await file.int32Rows(name, first, part.length, part);
    });
    check(values, shard, start + done);
    done = end;
  }
  return { nRows: count, rows, ...Object.fromEntries(ids) };
}

import { join } from "node:path";
import type { PassChunk } from "@plumbline/core";
import { checkChunkShape } from "../check-chunk.ts";
import { createRowEncoder } from "../encode-rows.ts";
import { storeError } from "../errors.ts";
import { completeShard, fileOf, type HookOutput } from "./hook-output.ts";
import { rowBytesOf, type ShardLayout, shardName } from "./shard-head.ts";
import { createShardWriter, type ShardWriter } from "./shard-writer.ts";
import type { WritingPlace } from "./writing-place.ts";
import type { WritingPlan } from "./writing-plan.ts";

/** Which per-row integers come with every chunk. */
export type IdLayout = Pick<ShardLayout, "tokenIds" | "positions">;

/** Writes the rows of a pass as shards of every store, all with the same boundaries; chunk sizes leave no trace. */
export interface ShardSet {
  /** @throws PlumblineError `bad-chunk`, `not-finite`, `too-large-for-dtype` */
  add(chunk: PassChunk): Promise<void>;
  /** Completes the last shard, where there is one. */
  finish(): Promise<void>;
  /** closes open files, finished or not */
  close(): Promise<void>;
  /** rows added, those of complete shards at the start included */
  nRows(): number;
  /** `undefined` before the first row */
  ids(): IdLayout | undefined;
}

function badChunk(plan: WritingPlan, message: string): Error {
  return storeError({
    code: "bad-chunk",
    kind: "bug",
    message: `${plan.from}: ${message}`,
    hint: "correct the activation source",
  });
}

/** The ids that the first chunk sets, or the error for a chunk that departs from it. */
function idsOf(chunk: PassChunk, before: IdLayout | undefined, plan: WritingPlan): IdLayout {
  const found = { tokenIds: chunk.tokenIds !== undefined, positions: chunk.positions !== undefined };
  for (const name of ["tokenIds", "positions"] as const) {
    if (before === undefined || found[name] === before[name]) continue;
    throw badChunk(plan, `expected ${name} with every chunk or with none`);
  }
  return found;
}

/** Rows of the chunk, checked and as they are stored, for each hook. */
function createChunkEncoder(plan: WritingPlan) {
  const { pass, dtype, from } = plan;
  const encoders = pass.hooks.map(() => createRowEncoder(dtype));
  return (chunk: PassChunk, firstRow: number) => {
    const { nRows, tokenIds, positions } = chunk;
    if (chunk.rows.length !== pass.hooks.length) {
      throw badChunk(plan, `expected rows of ${pass.hooks.length} hook points, got ${chunk.rows.length}`);
    }
    return pass.hooks.map(({ dIn, hookPoint }, hook) => {
      const rows = chunk.rows[hook] ?? new Float32Array();
      const source =
        hookPoint === undefined || encoders.length === 1 ? pass.name : `${pass.name}" at "${hookPoint}`;
      const context = { from, source, dIn, firstRow };
      checkChunkShape(
        { nRows, rows, ...(tokenIds && { tokenIds }), ...(positions && { positions }) },
        context,
      );
      return (encoders[hook] ?? createRowEncoder(dtype))(rows, context);
    });
  };
}

/**
 * @param start rows that complete shards hold already, and their ids
 */
export function createShardSet(
  place: WritingPlace,
  plan: WritingPlan,
  outputs: readonly HookOutput[],
  start: { readonly nRows: number; readonly ids: IdLayout | undefined },
): ShardSet {
  const { rowsPerShard, dtype } = plan;
  const encode = createChunkEncoder(plan);
  let { nRows, ids } = start;
  let writers: ShardWriter[] = [];
  let inShard = 0;

  const open = async (layout: IdLayout): Promise<void> => {
    for (const output of outputs) {
      const path = join(place.workshop, fileOf(output, shardName(output.shards.length)));
      writers.push(
        await createShardWriter({
          path,
          layout: { dIn: output.hook.dIn, dtype, ...layout },
          rowsPerShard,
          fileSystem: place.fileSystem,
        }),
      );
    }
  };
  const complete = async (layout: IdLayout): Promise<void> => {
    const files: { bytes: number; sha256: string }[] = [];
    for (const [i, output] of outputs.entries()) {
      const name = fileOf(output, shardName(output.shards.length));
      const file = await writers[i]?.finish();
      if (file === undefined) continue;
      await place.keep(name, file.sha256);
      completeShard(output, file);
      files.push(file);
    }
    writers = [];
    await place.record({ nRows: inShard, ...layout, files });
    inShard = 0;
  };
  return {
    nRows: () => nRows,
    ids: () => ids,
    add: async (chunk) => {
      const encoded = encode(chunk, nRows);
      const layout = idsOf(chunk, ids, plan);
      ids = layout;
      for (let first = 0; first < chunk.nRows; ) {
        if (plan.signal?.aborted) return;
        const count = Math.min(chunk.nRows - first, rowsPerShard - inShard);
        const end = first + count;
        if (writers.length === 0) await open(layout);
        const rowIds = {
          ...(chunk.tokenIds && { tokenIds: chunk.tokenIds.subarray(first, end) }),
          ...(chunk.positions && { positions: chunk.positions.subarray(first, end) }),
        };
        for (const [i, { hook, statistics }] of outputs.entries()) {
          const rowBytes = rowBytesOf({ dIn: hook.dIn, dtype });
          statistics.add(encoded[i]?.values.subarray(first * hook.dIn, end * hook.dIn) ?? new Float32Array());
          await writers[i]?.add(
            encoded[i]?.bytes.subarray(first * rowBytes, end * rowBytes) ?? new Uint8Array(),
            rowIds,
          );
        }
        inShard += count;
        nRows += count;
        first = end;
        if (inShard === rowsPerShard) await complete(layout);
      }
    },
    finish: async () => {
      if (writers.length > 0 && ids !== undefined) await complete(ids);
    },
    close: async () => {
      for (const writer of writers) await writer.close();
    },
  };
}

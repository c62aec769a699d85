import { PlumblineError } from "@plumbline/core";
import { storeError } from "../errors.ts";
import { completeShard, fileOf, type HookOutput } from "./hook-output.ts";
import { interruptedError } from "./interruptible.ts";
import { placeJoin } from "./place-path.ts";
import { scanShard } from "./scan-shard.ts";
import { shardName } from "./shard-head.ts";
import type { WritingPlace } from "./writing-place.ts";
import type { WritingPlan } from "./writing-plan.ts";

function alteredError(plan: WritingPlan, path: string, cause?: unknown): PlumblineError {
  const said = PlumblineError.isInstance(cause) ? `: ${cause.what}` : "";
  return storeError({
    code: "altered-shard",
    kind: "input",
    message: `${plan.from}: a complete shard of the unfinished writing has changed since it was written${said}`,
    where: path,
    hint: "look for the cause, then remove that file and resume: it and what follows are written again",
    cause,
  });
}

/**
 * Reads the shards that an earlier attempt has left: their checksums are compared, and the statistics get what they would
 * have got from the pass.
 *
 * @returns number of rows
 * @throws PlumblineError (kind `input`) `altered-shard` naming the file; `interrupted`
 */
export async function replayShards(
  place: WritingPlace,
  plan: WritingPlan,
  outputs: readonly HookOutput[],
): Promise<number> {
  const { kept, entries } = place;
  const { signal, dtype } = plan;
  let nRows = 0;
  for (const [i, entry] of entries.entries()) {
    for (const [hook, output] of outputs.entries()) {
      const path = placeJoin(kept.folder, fileOf(output, shardName(i)));
      const layout = { dIn: output.hook.dIn, dtype, tokenIds: entry.tokenIds, positions: entry.positions };
      const shard = { path, layout, nRows: entry.nRows, fileSystem: kept.fileSystem };
      const found = await scanShard(shard, { signal, onRows: output.statistics.add }).catch(
        (error: unknown) => {
          if (signal?.aborted) throw interruptedError(plan.from, error);
          const isDamage = PlumblineError.isInstance(error) && error.kind === "input";
          throw isDamage ? alteredError(plan, path, error) : error;
        },
      );
      const recorded = entry.files[hook];
      if (found.sha256 !== recorded?.sha256 || found.bytes !== recorded.bytes) throw alteredError(plan, path);
      completeShard(output, found);
    }
    nRows += entry.nRows;
    plan.onProgress?.({ nRows, nRowsInAll: plan.pass.nRows, nShards: i + 1 });
  }
  return nRows;
}

import type { ActivationPass } from "@plumbline/core";
import { nodeFileSystem } from "@plumbline/core/node";
import { storeError } from "../errors.ts";
import { type StoreManifest, storeLimits } from "../manifest.ts";
import { inAtomicFolder } from "./atomic-folder.ts";
import { finishStores } from "./finish-stores.ts";
import { createHookOutput } from "./hook-output.ts";
import { interruptedError, interruptible } from "./interruptible.ts";
import { inPartialFolder } from "./partial-folder.ts";
import { isS3Url, placeJoin } from "./place-path.ts";
import { readManifest } from "./read-manifest.ts";
import { replayShards } from "./replay-shards.ts";
import { inS3Storage } from "./s3/s3-place.ts";
import { createShardSet, type ShardSet } from "./shard-set.ts";
import type { WriteStoreOptions, WrittenStore } from "./write-options.ts";
import type { WritingPlace } from "./writing-place.ts";
import { planWriting, type WritingPlan } from "./writing-plan.ts";

function checkTotals(nRows: number, plan: WritingPlan): void {
  const nShards = Math.ceil(nRows / plan.rowsPerShard);
  if (nRows <= storeLimits.maxRows && nShards <= storeLimits.maxShards) return;
  throw storeError({
    code: "too-many-rows",
    kind: "usage",
    message: `${plan.from}: expected at most ${storeLimits.maxRows} rows and ${storeLimits.maxShards} shards, got ${nRows} and ${nShards}`,
    where: `source "${plan.pass.name}"`,
    hint: "raise rowsPerShard or write several stores",
  });
}

function checkRowCount(nRows: number, { pass, from }: WritingPlan): void {
  if (pass.nRows === undefined || pass.nRows === nRows) return;
  throw storeError({
    code: "row-count-mismatch",
    kind: "bug",
    message: `${from}: expected the ${pass.nRows} rows that the source announced, got ${nRows}`,
    where: `source "${pass.name}"`,
    hint: "correct the activation source",
  });
}

/** After a shard that ended early there were no more rows; a pass that has some now is not the one it was. */
function checkEnd(place: WritingPlace, plan: WritingPlan): void {
  const last = place.entries.at(-1);
  if (last === undefined || last.nRows === plan.rowsPerShard) return;
  throw storeError({
    code: "row-count-mismatch",
    kind: "input",
    message: `${plan.from}: the source had ended before the interruption, and now it gives more rows`,
    where: `source "${plan.pass.name}"`,
    hint: "remove the partial folder and write from the beginning; give changed sources another fingerprint",
  });
}

/** Writes the rows that are not there yet. */
async function addRows(shards: ShardSet, place: WritingPlace, plan: WritingPlan): Promise<void> {
  const { pass, signal, from, onProgress } = plan;
  const startRow = shards.nRows();
  const chunks = pass.chunks({ startRow, ...(signal !== undefined && { signal }) });
  let nShards = place.entries.length;
  for await (const chunk of interruptible(chunks, signal, from)) {
    checkEnd(place, plan);
    await shards.add(chunk);
    if (signal?.aborted) throw interruptedError(from, signal.reason);
    checkTotals(shards.nRows(), plan);
    nShards = Math.floor(shards.nRows() / plan.rowsPerShard);
    onProgress?.({ nRows: shards.nRows(), nRowsInAll: pass.nRows, nShards });
  }
}

async function writeInto(place: WritingPlace, plan: WritingPlan): Promise<readonly StoreManifest[]> {
  const outputs = plan.pass.hooks.map((hook, i) => createHookOutput(hook, plan.folders[i] ?? ""));
  const nRows = await replayShards(place, plan, outputs);
  const [first] = place.entries;
  const before = first && { tokenIds: first.tokenIds, positions: first.positions };
  const shards = createShardSet(place, plan, outputs, { nRows, ids: before });
  try {
    await addRows(shards, place, plan);
    await shards.finish();
  } finally {
    await shards.close();
  }
  const { tokenIds = false, positions = false } = shards.ids() ?? {};
  // Counted before it is compared: of nothing there are no statistics, and that is the clearer complaint.
  for (const { statistics } of outputs) statistics.finish();
  checkRowCount(shards.nRows(), plan);
  const manifests = await finishStores(place, plan, outputs, { tokenIds, positions });
  if (plan.signal?.aborted) throw interruptedError(plan.from, plan.signal.reason);
  return manifests;
}

/** Writes one store for each hook point of a pass, in one pass. */
export async function writeStores(
  path: string,
  pass: ActivationPass,
  options: WriteStoreOptions,
  from: string,
): Promise<readonly WrittenStore[]> {
  const { fileSystem = nodeFileSystem, resumable, resume = false } = options;
  const plan = planWriting(pass, options, from);
  const { folders, dtype, rowsPerShard } = plan;
  const paths = folders.map((folder) => (folder === "" ? path : placeJoin(path, folder)));
  const stores = pass.hooks.map(({ hookPoint = "", dIn }, i) => `${folders[i]}: ${hookPoint} [${dIn}]`);
  const head = resumable && { fingerprint: resumable.fingerprint, dtype, rowsPerShard, stores };
  const place = { path, from, fileSystem, folders, resume };
  const steps = {
    work: (made: WritingPlace) => writeInto(made, plan),
    reopen: () => Promise.all(paths.map((folder) => readManifest(folder, fileSystem))),
  };
  const write = (): Promise<readonly StoreManifest[]> => {
    if (isS3Url(path)) return inS3Storage({ ...place, head }, steps);
    return head === undefined
      ? inAtomicFolder({ ...place, head }, steps)
      : inPartialFolder({ ...place, head }, steps);
  };
  const manifests = await write();
  return manifests.map((manifest, i) => ({ path: paths[i] ?? path, manifest }));
}

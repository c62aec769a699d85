import { dirname, join, resolve } from "node:path";
import { PlumblineError } from "@plumbline/core";
import {
  explainFileError,
  type FileSystem,
  lockHolder,
  takeLock,
  writeFileAtomically,
} from "@plumbline/core/node";
import { appendLine, exists, namesIn, readTextIfThere, syncFolder } from "./file-steps.ts";
import { keptError, outputExists, partialExists, partialLocked, refuseForeign } from "./partial-errors.ts";
import {
  checkJournalHead,
  encodeJournalEntry,
  encodeJournalHead,
  type JournalEntry,
  type JournalHead,
  parseJournal,
} from "./partial-journal.ts";
import { shardName } from "./shard-head.ts";
import type { PlaceOptions, WritingPlace, WritingSteps } from "./writing-place.ts";

const lockName = "lock";
const journalName = "progress.ndjson";
/** The folder that becomes the output. */
const outputName = "output";
/** Ours, and what is left of them where a process was killed while it wrote one. */
const ownNames = /^(lock|progress\.ndjson|output)([-.]|$)/;

/** Makes the partial folder and takes its lock. */
async function enter(partial: string, options: PlaceOptions): Promise<() => Promise<void>> {
  const { fileSystem, resume } = options;
  const lock = join(partial, lockName);
  await fileSystem.mkdir(dirname(partial), { recursive: true });
  const isNew = !(await exists(partial, fileSystem));
  if (!isNew) {
    const holder = await lockHolder(lock, fileSystem);
    if (holder !== undefined) throw partialLocked(lock, holder);
    if (!resume) throw partialExists(partial);
    refuseForeign(
      partial,
      (await namesIn(partial, fileSystem)).find((name) => !ownNames.test(name)),
    );
  }
  await fileSystem.mkdir(partial, { recursive: true });
  return takeLock(lock, { fileSystem, locked: (holder) => partialLocked(lock, holder) }).catch(
    async (error: unknown) => {
      const mayGo = isNew && !PlumblineError.isInstance(error);
      if (mayGo) await fileSystem.rm(partial, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    },
  );
}

/** Shards that an earlier attempt has recorded and that are still there; the record says the same afterwards. */
async function openJournal(partial: string, options: ResumableOptions): Promise<readonly JournalEntry[]> {
  const { head, fileSystem, folders } = options;
  const path = join(partial, journalName);
  const output = join(partial, outputName);
  const text = await readTextIfThere(path, fileSystem);
  const journal = parseJournal(text, path);
  if (journal !== undefined) checkJournalHead(journal.head, head, partial);
  const recorded = journal?.entries ?? [];
  let nThere = recorded.length;
  // Without an output folder it has become the output already.
  for (const folder of (await exists(output, fileSystem)) ? folders : []) {
    const names = new Set(await namesIn(join(output, folder), fileSystem));
    const missing = recorded.findIndex((_, i) => !names.has(shardName(i)));
    if (missing >= 0) nThere = Math.min(nThere, missing);
  }
  const entries = recorded.slice(0, nThere);
  const whole = `${encodeJournalHead(head)}${entries.map(encodeJournalEntry).join("")}`;
  if (whole !== text) await writeFileAtomically(path, whole, { fileSystem });
  return entries;
}

/** Removes what is not recorded, and makes the folders that are missing. */
async function tidy(output: string, nShards: number, options: PlaceOptions): Promise<void> {
  const { folders, fileSystem } = options;
  const recorded = new Set(Array.from({ length: nShards }, (_, i) => shardName(i)));
  const keepOnly = async (folder: string, isOurs: (name: string) => boolean): Promise<void> => {
    await fileSystem.mkdir(folder, { recursive: true });
    for (const name of await namesIn(folder, fileSystem)) {
      if (!isOurs(name)) await fileSystem.rm(join(folder, name), { recursive: true, force: true });
    }
  };
  if (folders[0] !== "") await keepOnly(output, (name) => folders.includes(name));
  for (const folder of folders) await keepOnly(join(output, folder), (name) => recorded.has(name));
}

/** Removes the partial folder, the journal last: whoever finds output and journal knows that all is done. */
async function removePartial(partial: string, fileSystem: FileSystem): Promise<void> {
  for (const name of await namesIn(partial, fileSystem)) {
    if (name !== journalName) await fileSystem.rm(join(partial, name), { recursive: true, force: true });
  }
  await fileSystem.rm(partial, { recursive: true, force: true });
}

type ResumableOptions = PlaceOptions & { readonly head: JournalHead };

/** The place in which `record` appends to the journal, and the number of shards recorded there. */
function placeIn(
  partial: string,
  entries: readonly JournalEntry[],
  fileSystem: FileSystem,
): { place: WritingPlace; count: () => number } {
  const output = join(partial, outputName);
  let count = entries.length;
  const place: WritingPlace = {
    workshop: output,
    fileSystem,
    kept: { folder: output, fileSystem },
    entries,
    // It is where it should be; now its name lasts as well.
    keep: (file) => syncFolder(dirname(join(output, file)), fileSystem),
    record: async (entry) => {
      await appendLine(join(partial, journalName), encodeJournalEntry(entry), fileSystem);
      count++;
    },
  };
  return { place, count: () => count };
}

/**
 * Does `work` in `<path>.partial`, which stays after a failure and from which a later call goes on. At the end what was
 * made there becomes `path` in one step.
 *
 * @throws PlumblineError `output-exists`, `partial-exists`, `partial-locked`, `foreign-partial`, `bad-journal`
 */
export async function inPartialFolder<R>(options: ResumableOptions, steps: WritingSteps<R>): Promise<R> {
  const { fileSystem, path } = options;
  const target = resolve(path);
  const partial = `${target}.partial`;
  const output = join(partial, outputName);
  let count: (() => number) | undefined;
  let release: (() => Promise<void>) | undefined;
  const remove = (): Promise<void> => removePartial(partial, fileSystem);
  try {
    if (!options.resume && (await exists(target, fileSystem))) throw outputExists(path);
    release = await enter(partial, options);
    const entries = await openJournal(partial, options);
    count = () => entries.length;
    let result: R;
    if (await exists(target, fileSystem)) {
      // Stopped after the last step, when all but the record was done?
      if (entries.length === 0 || (await exists(output, fileSystem))) throw outputExists(path);
      result = await steps.reopen();
    } else {
      await tidy(output, entries.length, options);
      const made = placeIn(partial, entries, fileSystem);
      count = made.count;
      result = await steps.work(made.place);
      await fileSystem.rename(output, target);
      await syncFolder(dirname(target), fileSystem);
    }
    await remove();
    return result;
  } catch (caught) {
    const error = explainFileError(caught, options.from, path);
    if (release === undefined || count === undefined) {
      await release?.().catch(() => undefined);
      throw error;
    }
    if (count() === 0) await remove().catch(() => undefined);
    else await release().catch(() => undefined);
    throw count() === 0 ? error : keptError(error, partial, count());
  }
}

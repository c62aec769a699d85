import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystem, takeLock, temporaryName } from "@plumbline/core/node";
import { manifestName } from "../../manifest.ts";
import { keptError, outputExists, partialExists, partialLocked } from "../partial-errors.ts";
import {
  checkJournalHead,
  encodeJournalEntry,
  encodeJournalHead,
  type JournalEntry,
  parseJournal,
} from "../partial-journal.ts";
import { placeJoin } from "../place-path.ts";
import { shardName } from "../shard-head.ts";
import type { PlaceOptions, WritingPlace, WritingSteps } from "../writing-place.ts";
import { createS3FileSystem } from "./s3-file-system.ts";
import { openS3Objects, type S3Objects } from "./s3-objects.ts";

/** What an earlier attempt has left at a prefix. @throws PlumblineError `output-exists`, `partial-exists`, `foreign-partial` */
async function findEarlier(
  objects: S3Objects,
  journalUrl: string,
  options: PlaceOptions,
): Promise<readonly JournalEntry[]> {
  const { path, folders, head, resume } = options;
  const there = new Set(await objects.list(placeJoin(path)));
  const isThere = folders.some((folder) => there.has(placeJoin(path, folder, manifestName)));
  const isBegun = there.has(journalUrl);
  if (isThere && !(resume && isBegun)) throw outputExists(path);
  if (!isBegun) return [];
  if (!resume || head === undefined) throw partialExists(path);
  const size = (await objects.size(journalUrl)) ?? 0;
  const text = size === 0 ? "" : new TextDecoder().decode(await objects.read(journalUrl, 0, size));
  const journal = parseJournal(text, journalUrl);
  if (journal === undefined) return [];
  checkJournalHead(journal.head, head, path);
  const has = (i: number): boolean =>
    folders.every((folder) => there.has(placeJoin(path, folder, shardName(i))));
  const missing = journal.entries.findIndex((_, i) => !has(i));
  return missing < 0 ? journal.entries : journal.entries.slice(0, missing);
}

/** A local folder in which shards are made, on this machine one for each resumable writing. */
async function openWorkshop(options: PlaceOptions): Promise<string> {
  const { path, folders, head, fileSystem } = options;
  const id = createHash("sha256").update(path).digest("hex").slice(0, 16);
  const name = join(tmpdir(), `plumbline-${id}`);
  const workshop = head === undefined ? temporaryName(name) : `${name}.partial`;
  await fileSystem.mkdir(workshop, { recursive: true });
  if (head !== undefined) {
    const lock = join(workshop, "lock");
    await takeLock(lock, { fileSystem, locked: (holder) => partialLocked(lock, holder) });
  }
  for (const folder of folders) {
    const place = join(workshop, "output", folder);
    await fileSystem.rm(place, { recursive: true, force: true });
    await fileSystem.mkdir(place, { recursive: true });
  }
  return workshop;
}

/** The place whose kept files are objects, and how to take back what was kept. */
function createS3Place(
  objects: S3Objects,
  where: { readonly options: PlaceOptions; readonly workshop: string; readonly journalUrl: string },
  entries: readonly JournalEntry[],
) {
  const { options, journalUrl } = where;
  const { path, head } = options;
  const fileSystem: FileSystem = options.fileSystem;
  const workshop = join(where.workshop, "output");
  const uploaded: string[] = [];
  const lines = entries.map(encodeJournalEntry);
  const write = async (): Promise<void> => {
    if (head !== undefined) await objects.put(journalUrl, `${encodeJournalHead(head)}${lines.join("")}`);
  };
  const place: WritingPlace = {
    workshop,
    fileSystem,
    kept: { folder: path, fileSystem: createS3FileSystem(objects) },
    entries,
    keep: async (file, sha256) => {
      const local = join(workshop, file);
      const url = placeJoin(path, file);
      uploaded.push(url);
      const bytes = (await fileSystem.stat(local)).size;
      await objects.put(url, { path: local, bytes, sha256 });
      await fileSystem.rm(local, { force: true });
    },
    record: async (entry) => {
      lines.push(encodeJournalEntry(entry));
      await write();
    },
  };
  const takeBack = async (): Promise<void> => {
    for (const url of [...uploaded, journalUrl]) await objects.remove(url).catch(() => undefined);
  };
  return { place, begin: write, takeBack, count: () => lines.length };
}

/**
 * Does `work` so that its files become objects below an S3 URL: each as soon as it is complete, the manifests last. Until
 * then an object with the journal stands beside them.
 *
 * @throws PlumblineError `output-exists`, `partial-exists`, `partial-locked`, `foreign-partial`, `bad-journal`, and those of
 *   the storage
 */
export async function inS3Storage<R>(options: PlaceOptions, steps: WritingSteps<R>): Promise<R> {
  const { path, head, fileSystem } = options;
  const objects = await openS3Objects(path);
  const journalUrl = placeJoin(path, "progress.ndjson");
  let workshop: string | undefined;
  try {
    workshop = await openWorkshop(options);
    const entries = await findEarlier(objects, journalUrl, options);
    const made = createS3Place(objects, { options, workshop, journalUrl }, entries);
    try {
      await made.begin();
      const result = await steps.work(made.place);
      if (head !== undefined) await objects.remove(journalUrl);
      return result;
    } catch (error) {
      if (head !== undefined && made.count() > 0) throw keptError(error, path, made.count());
      await made.takeBack();
      throw error;
    }
  } finally {
    if (workshop !== undefined) {
      await fileSystem.rm(workshop, { recursive: true, force: true }).catch(() => undefined);
    }
    objects.close();
  }
}

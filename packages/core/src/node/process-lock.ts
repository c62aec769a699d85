import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type FileSystem, nodeFileSystem } from "./file-system.ts";

interface LockHolder {
  readonly pid: number;
  /** tells a process from a later one of the same id */
  readonly start: string;
}

/** Start time of a process in clock ticks, where the system tells (Linux). */
async function startTicks(pid: number, fileSystem: FileSystem): Promise<string | undefined> {
  const text = await fileSystem.readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // After the last ")" come state (field 3) …, start time is field 22.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

async function thisProcess(fileSystem: FileSystem): Promise<LockHolder> {
  const ticks = await startTicks(process.pid, fileSystem);
  return { pid: process.pid, start: ticks ?? `at ${performance.timeOrigin}` };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A process has this long to write its lock after it made the file; one that was killed in between holds nothing. */
const writingMs = 100;

function parseHolder(text: string): LockHolder | undefined {
  try {
    const { pid, start } = JSON.parse(text) as Partial<LockHolder>;
    return Number.isSafeInteger(pid)
      ? { pid: pid ?? 0, start: String(start ?? "at an unknown time") }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process that wrote a lock still runs. */
async function isHeld({ pid, start }: LockHolder, fileSystem: FileSystem): Promise<boolean> {
  if (pid < 1) return false;
  if (pid === process.pid) return start === (await thisProcess(fileSystem)).start;
  if (!isAlive(pid)) return false;
  const ticks = await startTicks(pid, fileSystem);
  return ticks === undefined || start.startsWith("at ") || start === ticks;
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/**
 * What keeps a living process from taking the lock at `path`: its text, or `undefined` where nobody holds it.
 */
export async function lockHolder(
  path: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<string | undefined> {
  const read = (): Promise<string | undefined> => fileSystem.readFile(path, "utf8").catch(() => undefined);
  let text = await read();
  if (text !== undefined && parseHolder(text) === undefined) {
    await sleep(writingMs);
    text = await read();
  }
  const holder = parseHolder(text ?? "");
  return holder !== undefined && (await isHeld(holder, fileSystem)) ? text : undefined;
}

/** How a lock is taken. */
export interface LockOptions {
  /** the error where a living process holds it; `holder` is the lock's text, one line of JSON with its `pid` */
  readonly locked: (holder: string) => Error;
  readonly fileSystem?: FileSystem;
}

/** Moves the lock of a dead process away; of several that try, one succeeds, and none takes away a living one's. */
async function removeStale(path: string, { fileSystem, locked }: Required<LockOptions>): Promise<void> {
  const aside = `${path}-${randomUUID()}`;
  try {
    await fileSystem.rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const holder = await lockHolder(aside, fileSystem);
  if (holder !== undefined) {
    // Between our look and our grasp another process took over: it gets its lock back.
    await fileSystem.rename(aside, path);
    throw locked(holder);
  }
  await fileSystem.rm(aside, { force: true });
}

/**
 * Marks a folder as written by this process. The mark of a process that is gone does not count.
 *
 * @param path the lock file; its folder exists
 * @returns the function that takes the mark away
 * @throws what `locked` makes where a living process, or another call of this one, holds it
 */
export async function takeLock(path: string, options: LockOptions): Promise<() => Promise<void>> {
  const { locked, fileSystem = nodeFileSystem } = options;
  const text = `${JSON.stringify(await thisProcess(fileSystem))}\n`;
  for (;;) {
    const holder = await lockHolder(path, fileSystem);
    if (holder !== undefined) throw locked(holder);
    await removeStale(path, { locked, fileSystem });
    try {
      const file = await fileSystem.open(path, "wx");
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      return () => fileSystem.rm(path, { force: true });
    } catch (error) {
      // Another process was faster; see whether it lives.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

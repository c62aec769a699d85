import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";

/** Name of the file in a run's folder while a process writes there. */
export const runLockFile = "lock";

/** Start time of a process in clock ticks, where the system tells (Linux); tells a process from a later one of the same id. */
async function startTicks(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // After the last ")" come state (field 3) …, start time is field 22.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function holds(lock: { pid?: unknown; start?: unknown }): Promise<boolean> {
  const { pid, start } = lock;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1 || pid === process.pid) return false;
  return isAlive(pid) && (typeof start !== "string" || start === (await startTicks(pid)));
}

/**
 * Does `work` while a run's folder is marked as written by this process. The mark of a process that is gone does not count.
 *
 * @throws PlumblineError `run-locked` where another living process writes there
 */
export async function withRunLock<R>(folder: string, work: () => Promise<R>): Promise<R> {
  const path = join(folder, runLockFile);
  const text = await readFile(path, "utf8").catch(() => "{}");
  let lock: { pid?: unknown; start?: unknown } = {};
  try {
    lock = JSON.parse(text) as typeof lock;
  } catch {
    // Killed while it was being written: nobody holds it.
  }
  if (await holds(lock)) {
    throw new PlumblineError({
      code: "run-locked",
      kind: "usage",
      message: `[cli] process ${String(lock.pid)} is writing this run`,
      where: path,
      hint: "wait for it or stop it; if that process is no training run, remove the file",
    });
  }
  await writeFile(path, JSON.stringify({ pid: process.pid, start: await startTicks(process.pid) }));
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

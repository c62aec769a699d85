import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { takeLock } from "@plumbline/core/node";

/** Name of the file in a run's folder while a process writes there. */
export const runLockFile = "lock";

/**
 * Does `work` while a run's folder is marked as written by this process. The mark of a process that is gone does not count.
 *
 * @throws PlumblineError `run-locked` where another living process writes there
 */
export async function withRunLock<R>(folder: string, work: () => Promise<R>): Promise<R> {
  const path = join(folder, runLockFile);
  const locked = (holder: string): PlumblineError =>
    new PlumblineError({
      code: "run-locked",
      kind: "usage",
      message: `[cli] process ${(JSON.parse(holder) as { pid: number }).pid} is writing this run`,
      where: path,
      hint: "wait for it or stop it; if that process is no training run, remove the file",
    });
  const release = await takeLock(path, { locked });
  try {
    return await work();
  } finally {
    await release();
  }
}

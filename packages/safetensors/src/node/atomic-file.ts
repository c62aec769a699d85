import type { FileHandle } from "node:fs/promises";
import { explainFileError, type FileSystem, temporaryName } from "@plumbline/core/node";
import { usageError } from "../errors.ts";

/** A file under a temporary name that takes its own name at the end, or goes without a trace. */
export interface AtomicFile {
  /**
   * Does some work on the file, after all work handed in before. If it throws, the file is removed and everything that
   * follows is refused.
   *
   * @param doing `function()` that asks, for messages
   * @throws PlumblineError what `work` throws, `disk-full`, `no-permission`, `writer-closed`
   */
  run(doing: string, work: (file: FileHandle) => Promise<void> | void): Promise<void>;
  /** Flushes, closes and renames. */
  commit(doing: string): Promise<void>;
  /** Removes the file; does nothing after `commit` or a failure. */
  discard(): Promise<void>;
}

/** Opens a temporary file beside `path`. @throws PlumblineError `no-permission`, `no-such-file` for a missing folder */
export async function createAtomicFile(
  path: string,
  doing: string,
  fileSystem: FileSystem,
): Promise<AtomicFile> {
  const temporary = temporaryName(path);
  let file: FileHandle | undefined;
  try {
    file = await fileSystem.open(temporary, "wx");
  } catch (error) {
    throw explainFileError(error, doing, path);
  }
  const remove = async (): Promise<void> => {
    const open = file;
    if (open === undefined) return;
    file = undefined;
    await open.close().catch(() => undefined);
    await fileSystem.rm(temporary, { force: true }).catch(() => undefined);
  };
  let queue: Promise<void> = Promise.resolve();
  const run: AtomicFile["run"] = (caller, work) => {
    const result = queue.then(async () => {
      if (file === undefined) {
        throw usageError({
          code: "writer-closed",
          message: `${caller}: the writer was finished or aborted, or has failed before`,
          where: path,
        });
      }
      try {
        await work(file);
      } catch (error) {
        await remove();
        throw explainFileError(error, caller, path);
      }
    });
    queue = result.catch(() => undefined);
    return result;
  };
  return {
    run,
    commit: (caller) =>
      run(caller, async (open) => {
        await open.sync();
        await open.close();
        await fileSystem.rename(temporary, path);
        file = undefined;
      }),
    discard: async () => {
      await queue;
      await remove();
    },
  };
}

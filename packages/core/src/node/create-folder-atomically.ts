import { dirname, resolve } from "node:path";
import { PlumblineError } from "../errors/plumbline-error.ts";
import { explainFileError, type FileSystem, nodeFileSystem } from "./file-system.ts";
import { temporaryName } from "./write-file-atomically.ts";

/**
 * Makes a folder that appears whole or not at all: `fill` writes into a temporary folder beside it, which is then renamed.
 * If `fill` throws, the temporary folder is removed and the error passed on.
 *
 * @param path must not exist; its parents are made
 * @throws PlumblineError `output-exists` where something is at `path` already, `disk-full`, `no-permission`
 */
export async function createFolderAtomically<R>(
  path: string,
  fill: (temporaryPath: string) => Promise<R>,
  options: { fileSystem?: FileSystem } = {},
): Promise<R> {
  const { fileSystem = nodeFileSystem } = options;
  // Without a slash at the end, which would put the temporary folder into the one that does not exist yet.
  const target = resolve(path);
  const exists = await fileSystem.stat(target).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new PlumblineError({
      code: "output-exists",
      kind: "usage",
      message: "[core] createFolderAtomically(): the output exists already",
      where: path,
      hint: "choose another name or remove it first",
    });
  }
  const temporary = temporaryName(target);
  try {
    await fileSystem.mkdir(dirname(target), { recursive: true });
    await fileSystem.mkdir(temporary);
    const result = await fill(temporary);
    await fileSystem.rename(temporary, target);
    return result;
  } catch (error) {
    await fileSystem.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw explainFileError(error, "createFolderAtomically()", path);
  }
}

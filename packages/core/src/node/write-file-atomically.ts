import { randomUUID } from "node:crypto";
import { explainFileError, type FileSystem, nodeFileSystem, partialMark } from "./file-system.ts";

/** A name beside `path` that no other writer of this machine uses at the same time. */
export function temporaryName(path: string): string {
  return `${path}${partialMark}${randomUUID()}`;
}

/**
 * Writes a file so that `path` either keeps what it had or holds all of `content`: temporary name, flush, rename. On any
 * failure the temporary file is removed.
 *
 * @param content bytes, text (UTF-8), or chunks of bytes to be written one after the other
 * @throws PlumblineError `disk-full`, `no-permission`, `no-such-file`
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { fileSystem?: FileSystem } = {},
): Promise<void> {
  const { fileSystem = nodeFileSystem } = options;
  const temporary = temporaryName(path);
  try {
    const file = await fileSystem.open(temporary, "wx");
    try {
      if (typeof content === "string" || content instanceof Uint8Array) await file.writeFile(content);
      else for await (const chunk of content) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(temporary, path);
  } catch (error) {
    await fileSystem.rm(temporary, { force: true }).catch(() => undefined);
    throw explainFileError(error, "writeFileAtomically()", path);
  }
}

import type { FileSystem } from "@plumbline/core/node";

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

export async function exists(path: string, fileSystem: FileSystem): Promise<boolean> {
  try {
    await fileSystem.stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Names in a folder, sorted; none where there is no folder. */
export async function namesIn(path: string, fileSystem: FileSystem): Promise<readonly string[]> {
  try {
    return (await fileSystem.readdir(path)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** A file's text; empty where there is no file. */
export async function readTextIfThere(path: string, fileSystem: FileSystem): Promise<string> {
  try {
    return await fileSystem.readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

/** Makes the names in a folder last through a power failure, on systems where folders can be flushed. */
export async function syncFolder(path: string, fileSystem: FileSystem): Promise<void> {
  const folder = await fileSystem.open(path, "r").catch(() => undefined);
  try {
    await folder?.sync().catch(() => undefined);
  } finally {
    await folder?.close();
  }
}

/** Adds a line to a file, on the disk when it returns. */
export async function appendLine(path: string, line: string, fileSystem: FileSystem): Promise<void> {
  const file = await fileSystem.open(path, "a");
  try {
    await file.writeFile(line);
    await file.sync();
  } finally {
    await file.close();
  }
}

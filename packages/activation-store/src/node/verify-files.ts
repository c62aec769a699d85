import type { PlumblineError } from "@plumbline/core";
import type { FileSystem } from "@plumbline/core/node";
import { storeError } from "../errors.ts";
import type { StoreFile } from "../manifest.ts";
import { hashFile } from "./hash-file.ts";
import { interruptedError } from "./interruptible.ts";
import { placeJoin } from "./place-path.ts";

const from = "openActivationStore()";
const remedy = "fetch that file anew, or write the store again";

async function sizeOf(path: string, fileSystem: FileSystem): Promise<number> {
  try {
    const found = await fileSystem.stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  throw storeError({
    code: "missing-shard",
    kind: "input",
    message: `${from}: a file that the manifest names is missing`,
    where: path,
    hint: remedy,
  });
}

/** @throws PlumblineError `missing-shard`, `truncated-shard`, `altered-shard` where a file is not as long as it should be */
export async function checkSize(folder: string, file: StoreFile, fileSystem: FileSystem): Promise<void> {
  const path = placeJoin(folder, file.file);
  const bytes = await sizeOf(path, fileSystem);
  if (bytes === file.bytes) return;
  throw storeError({
    code: bytes < file.bytes ? "truncated-shard" : "altered-shard",
    kind: "input",
    message: `${from}: expected a file of ${file.bytes} bytes, got ${bytes}`,
    where: path,
    hint: remedy,
  });
}

/** The error for a file whose content is not what was written. */
export function alteredShard(path: string, file: StoreFile, sha256: string): PlumblineError {
  return storeError({
    code: "altered-shard",
    kind: "input",
    message: `${from}: the file has changed since it was written: expected sha256 ${file.sha256}, got ${sha256}`,
    where: path,
    hint: remedy,
  });
}

/** @throws PlumblineError `altered-shard` where the file's content is not what was written, `interrupted` */
export async function checkSum(
  folder: string,
  file: StoreFile,
  options: { fileSystem: FileSystem; signal?: AbortSignal | undefined },
): Promise<void> {
  const path = placeJoin(folder, file.file);
  const { sha256 } = await hashFile(path, options).catch((error: unknown) => {
    throw options.signal?.aborted ? interruptedError(from, error) : error;
  });
  if (sha256 === file.sha256) return;
  throw alteredShard(path, file, sha256);
}

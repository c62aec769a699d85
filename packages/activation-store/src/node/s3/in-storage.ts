import { type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { isS3Url } from "../place-path.ts";
import { createS3FileSystem } from "./s3-file-system.ts";
import { openS3Objects } from "./s3-objects.ts";

/** What reads the files of a store, and lets go of the storage. */
export interface StoreReading {
  readonly fileSystem: FileSystem;
  close(): void;
}

/** The file system that a store's path is in: the given one, the disk, or S3-compatible storage. */
export async function openReading(path: string, given: FileSystem | undefined): Promise<StoreReading> {
  if (given !== undefined || !isS3Url(path)) {
    return { fileSystem: given ?? nodeFileSystem, close: () => undefined };
  }
  const objects = await openS3Objects(path);
  return { fileSystem: createS3FileSystem(objects), close: objects.close };
}

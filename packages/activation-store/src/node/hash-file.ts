import { createHash } from "node:crypto";
import type { FileSystem } from "@plumbline/core/node";
import { isS3Url } from "./place-path.ts";

/** Bytes read at once; larger blocks were not faster on disks, but each is a request where objects are read. */
const blockBytesOf = (path: string): number => (isS3Url(path) ? 2 ** 23 : 2 ** 20);

/**
 * SHA-256 of a file, read from beginning to end.
 *
 * @param options.signal stops between two blocks with the signal's reason
 * @returns lower-case hexadecimal, and the number of bytes
 */
export async function hashFile(
  path: string,
  options: { fileSystem: FileSystem; signal?: AbortSignal | undefined },
): Promise<{ sha256: string; bytes: number }> {
  const { fileSystem, signal } = options;
  const blockBytes = blockBytesOf(path);
  const file = await fileSystem.open(path, "r");
  try {
    const hash = createHash("sha256");
    const block = new Uint8Array(blockBytes);
    let bytes = 0;
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, blockBytes, bytes);
      if (bytesRead === 0) return { sha256: hash.digest("hex"), bytes };
      hash.update(block.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

import { createHash } from "node:crypto";
import type { FileSystem } from "@plumbline/core/node";

/** Bytes read at once; larger blocks were not faster. */
const blockBytes = 2 ** 20;

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

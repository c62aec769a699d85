import { createHash } from "node:crypto";
import type { FileSystem } from "@plumbline/core/node";

/** Bytes read at once. */
const blockBytes = 2 ** 20;

/** SHA-256 of a file as lower-case hexadecimal. */
export async function hashFile(path: string, fileSystem: FileSystem): Promise<string> {
  const file = await fileSystem.open(path, "r");
  try {
    const hash = createHash("sha256");
    const block = new Uint8Array(blockBytes);
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(block, 0, blockBytes, position);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(block.subarray(0, bytesRead));
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}

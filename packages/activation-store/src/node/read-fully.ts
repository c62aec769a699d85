import type { FileHandle } from "node:fs/promises";
import { storeError } from "../errors.ts";

/**
 * Reads until `into` is full.
 *
 * @throws PlumblineError (kind `input`) `truncated-shard` where the file ends before
 */
export async function readFully(
  file: FileHandle,
  into: Uint8Array,
  position: number,
  where: string,
): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) {
      throw storeError({
        code: "truncated-shard",
        kind: "input",
        message: `read(): expected ${into.length} bytes from byte ${position} on, the file ends after ${done}`,
        where,
        hint: "the file became shorter while it was read",
      });
    }
    done += bytesRead;
  }
}

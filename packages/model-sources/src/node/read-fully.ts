import type { FileHandle } from "node:fs/promises";
import { fileError } from "../errors.ts";

/** Reads until `into` is full. @throws PlumblineError (kind `input`) `truncated-file` where the file ends before */
export async function readFully(
  file: FileHandle,
  into: Uint8Array,
  position: number,
  where: string,
): Promise<void> {
  let done = 0;
  while (done < into.length) {
    // One system call moves less than 2 GiB.
    const length = Math.min(2 ** 30, into.length - done);
    const { bytesRead } = await file.read(into, done, length, position + done);
    if (bytesRead === 0) {
      throw fileError({
        code: "truncated-file",
        message: `read(): expected ${into.length} bytes from byte ${position} on, the file ends after ${done}`,
        where,
        hint: "the file became shorter while it was read",
      });
    }
    done += bytesRead;
  }
}

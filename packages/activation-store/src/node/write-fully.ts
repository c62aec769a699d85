import type { FileHandle } from "node:fs/promises";

/** Writes all of `data` at `position`; one system call may take less. */
export async function writeFully(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += (await file.write(data, done, data.length - done, position + done)).bytesWritten;
  }
}

import type { FileHandle } from "node:fs/promises";

/** One system call moves less than 2 GiB; a round number below that. */
const callBytes = 2 ** 30;

/**
 * Reads until `into` is full.
 *
 * @param ended the error where the file ends before, after so many bytes
 */
export async function readFully(
  file: FileHandle,
  into: Uint8Array,
  options: { readonly position: number; readonly ended: (nBytes: number) => Error },
): Promise<void> {
  const { position, ended } = options;
  for (let done = 0; done < into.length; ) {
    const length = Math.min(callBytes, into.length - done);
    const { bytesRead } = await file.read(into, done, length, position + done);
    if (bytesRead === 0) throw ended(done);
    done += bytesRead;
  }
}

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { fileError } from "../errors.ts";
import type { ByteSource } from "../onnx/byte-source.ts";

/** Read at a time: what is looked at lies close together, except for weights, which are passed over. */
const windowBytes = 256 * 1024;

/** An open file as a {@link ByteSource}. */
export interface FileBytes extends ByteSource {
  close(): void;
}

/**
 * Bytes of a file, read when asked for; a window of 256 KiB is in memory.
 *
 * @throws what the file system throws
 */
export function bytesInFile(path: string, where: string = path): FileBytes {
  const file = openSync(path, "r");
  const { size } = fstatSync(file);
  let window: Uint8Array = new Uint8Array();
  let windowStart = 0;

  const load = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const n = readSync(file, bytes, done, length - done, offset + done);
      if (n === 0) {
        throw fileError({
          code: "truncated-file",
          message: `read(): expected ${length} bytes from byte ${offset} on, the file ends after ${done}`,
          where,
          hint: "the file became shorter while it was read",
        });
      }
      done += n;
    }
    return bytes;
  };
  return {
    where,
    size,
    read: (offset, length) => {
      if (length > windowBytes) return load(offset, length);
      if (offset < windowStart || offset + length > windowStart + window.length) {
        windowStart = offset;
        window = load(offset, Math.min(windowBytes, size - offset));
      }
      return window.subarray(offset - windowStart, offset - windowStart + length);
    },
    close: () => closeSync(file),
  };
}

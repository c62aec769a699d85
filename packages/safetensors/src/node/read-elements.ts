import type { FileHandle } from "node:fs/promises";
import { itemBytes, type SafetensorsDtype } from "../dtype.ts";
import type { TensorEntry } from "../tensor-entry.ts";
import { requireLittleEndian, type WidenContext, widenToFloat32, widenToInt32 } from "../widen.ts";
import { readFully } from "./read-fully.ts";

/** A file whose header was read. */
export interface OpenedFile {
  readonly path: string;
  readonly file: FileHandle;
  /** position of the data area */
  readonly dataStart: number;
}

/** How stored elements become values in memory. */
export interface Conversion<A> {
  readonly type: { new (length: number): A };
  /** the dtype that is stored as it is held in memory */
  readonly straight: SafetensorsDtype;
  readonly widen: (bytes: Uint8Array, out: A, context: WidenContext) => void;
}

export const toFloat32: Conversion<Float32Array> = {
  type: Float32Array,
  straight: "F32",
  widen: widenToFloat32,
};
export const toInt32: Conversion<Int32Array> = { type: Int32Array, straight: "I32", widen: widenToInt32 };

/** Stored bytes held at once while elements are converted; those that need no conversion are read straight into place. */
const blockBytes = 2 ** 22;

/**
 * Reads elements of a tensor from `first` on until `out` is full.
 *
 * @throws PlumblineError (kind `input`) `dtype-mismatch`, `truncated-file`, `value-out-of-range`
 */
export async function readElements<A extends Float32Array | Int32Array>(
  opened: OpenedFile,
  read: { readonly entry: TensorEntry; readonly first: number; readonly from: string },
  out: A,
  conversion: Conversion<A>,
): Promise<void> {
  const { path, file, dataStart } = opened;
  const { entry, first, from } = read;
  const size = itemBytes(entry.dtype);
  const position = dataStart + entry.byteStart + first * size;
  if (entry.dtype === conversion.straight) {
    requireLittleEndian();
    await readFully(file, new Uint8Array(out.buffer, out.byteOffset, out.byteLength), position, path);
    return;
  }
  const perBlock = blockBytes / size;
  const block = new Uint8Array(Math.min(perBlock, out.length) * size);
  let at = 0;
  // At least once, so that an unfit dtype is refused for no elements as well.
  do {
    const part = out.subarray(at, Math.min(at + perBlock, out.length)) as A;
    const bytes = block.subarray(0, part.length * size);
    await readFully(file, bytes, position + at * size, path);
    conversion.widen(bytes, part, { entry, from, where: path, firstElement: first + at });
    at += perBlock;
  } while (at < out.length);
}

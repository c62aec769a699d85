import type { FileHandle } from "node:fs/promises";
import { explainFileError, type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { itemBytes } from "../dtype.ts";
import { fileError, quote, usageError } from "../errors.ts";
import { defaultLimits, type SafetensorsLimits } from "../limits.ts";
import { parseHeader, type SafetensorsHeader } from "../parse-header.ts";
import { entryOf, headerLength } from "../read-safetensors.ts";
import type { TensorEntry } from "../tensor-entry.ts";
import { widenToFloat32, widenToInt32 } from "../widen.ts";
import { readFully } from "./read-fully.ts";

/** Values of a tensor, or of some of its rows, with their shape. */
export interface TensorValues<A> {
  readonly shape: readonly number[];
  readonly data: A;
}

/** An open file of which only the header is in memory. Reads may run at the same time. */
export interface SafetensorsReader {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** in the order of their bytes */
  readonly tensors: SafetensorsHeader["tensors"];
  /** A float tensor, as in {@link SafetensorsFile.float32}. */
  float32(name: string): Promise<TensorValues<Float32Array>>;
  /** An integer or BOOL tensor, as in {@link SafetensorsFile.int32}. */
  int32(name: string): Promise<TensorValues<Int32Array>>;
  /** A tensor's little-endian bytes, a new array. */
  bytes(name: string): Promise<Uint8Array>;
  /**
   * Rows `start` … `start + count − 1` along the first axis of a float tensor; nothing else of it is read.
   *
   * @param out filled and returned as `data` instead of a new array; exactly `count` rows long
   * @throws PlumblineError `row-out-of-range`, `unknown-tensor`, `dtype-mismatch`
   */
  float32Rows(
    name: string,
    start: number,
    count: number,
    out?: Float32Array,
  ): Promise<TensorValues<Float32Array>>;
  /** The same of an integer or BOOL tensor. */
  int32Rows(name: string, start: number, count: number, out?: Int32Array): Promise<TensorValues<Int32Array>>;
  close(): Promise<void>;
}

/** Bytes of a narrow or wide tensor held at once while they are converted; F32 and I32 are read straight into place. */
const blockBytes = 2 ** 22;

/**
 * Opens a safetensors file and checks its header; tensors, or rows of them, are read when asked for. Tensors larger than
 * memory can be read by rows.
 *
 * @param options.limits replaces some of {@link defaultLimits}
 * @throws PlumblineError (kind `input`) `no-such-file`, `not-a-file`, `truncated-file`, `limit-exceeded`, and those of `parseHeader`
 * @example
 * import { openSafetensors, writeSafetensors } from "@plumbline/safetensors/node";
 *
 * await writeSafetensors("x.safetensors", { x: { shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) } });
 * const file = await openSafetensors("x.safetensors");
 * console.log((await file.float32Rows("x", 1, 2)).data); // Float32Array(4) [ 2, 3, 4, 5 ]
 * await file.close();
 */
export async function openSafetensors(
  path: string,
  options: { limits?: Partial<SafetensorsLimits>; fileSystem?: FileSystem } = {},
): Promise<SafetensorsReader> {
  const { fileSystem = nodeFileSystem } = options;
  const limits = { ...defaultLimits, ...options.limits };
  let file: FileHandle | undefined;
  try {
    // Looked at before it is opened: opening a named pipe would wait for a writer.
    const found = await fileSystem.stat(path);
    if (!found.isFile()) {
      throw fileError({
        code: "not-a-file",
        message: "openSafetensors(): expected a file, got a folder or a device",
        where: path,
        hint: "check the path",
      });
    }
    file = await fileSystem.open(path, "r");
    const fileBytes = (await file.stat()).size;
    const first = new Uint8Array(Math.min(8, fileBytes));
    await readFully(file, first, 0, path);
    const headerBytes = headerLength(first, { fileBytes, where: path, limits });
    const json = new Uint8Array(headerBytes);
    await readFully(file, json, 8, path);
    const dataStart = 8 + headerBytes;
    const header = parseHeader(json, { dataBytes: fileBytes - dataStart, where: path, limits });
    return createReader({ path, file, header, dataStart });
  } catch (error) {
    await file?.close();
    throw explainFileError(error, "openSafetensors()", path);
  }
}

function createReader(opened: {
  path: string;
  file: FileHandle;
  header: SafetensorsHeader;
  dataStart: number;
}): SafetensorsReader {
  const { path, file, header, dataStart } = opened;
  let closed = false;

  const lookUp = (name: string, from: string): TensorEntry => {
    if (closed) {
      throw usageError({ code: "file-closed", message: `${from}: the file was closed`, where: path });
    }
    return entryOf(header.tensors, name, { from, where: path });
  };

  /** Reads elements from `first` on until `out` is full, converting block by block. */
  const readElements = async <A extends Float32Array | Int32Array>(
    read: { entry: TensorEntry; first: number; from: string; straight: string },
    out: A,
    widen: (bytes: Uint8Array, out: A, context: { entry: TensorEntry; from: string; where: string }) => void,
  ): Promise<void> => {
    const { entry, first, from, straight } = read;
    const size = itemBytes(entry.dtype);
    const position = dataStart + entry.byteStart + first * size;
    const context = { entry, from, where: path };
    if (entry.dtype === straight) {
      // The dtype is checked and nothing converted: an empty call keeps the one place that knows what fits.
      widen(new Uint8Array(), out.subarray(0, 0) as A, context);
      await readFully(file, new Uint8Array(out.buffer, out.byteOffset, out.byteLength), position, path);
      return;
    }
    const perBlock = blockBytes / size;
    const block = new Uint8Array(Math.min(perBlock, out.length) * size);
    widen(new Uint8Array(), out.subarray(0, 0) as A, context);
    for (let at = 0; at < out.length; at += perBlock) {
      const part = out.subarray(at, Math.min(at + perBlock, out.length)) as A;
      const bytes = block.subarray(0, part.length * size);
      await readFully(file, bytes, position + at * size, path);
      widen(bytes, part, context);
    }
  };

  const nElements = (entry: TensorEntry): number =>
    (entry.byteEnd - entry.byteStart) / itemBytes(entry.dtype);

  /** Shape and first element of some rows; checks that the tensor has them. */
  const rowsOf = (name: string, start: number, count: number, from: string) => {
    const entry = lookUp(name, from);
    const [nRows, ...rest] = entry.shape;
    const fits =
      Number.isSafeInteger(start) &&
      Number.isSafeInteger(count) &&
      start >= 0 &&
      count >= 0 &&
      nRows !== undefined;
    if (!fits || start + count > nRows) {
      throw usageError({
        code: "row-out-of-range",
        message: `${from}: expected rows within 0 to ${nRows ?? 0} of shape [${entry.shape.join(", ")}], got ${start} to ${start + count}`,
        where: `${path}, tensor ${quote(name)}`,
      });
    }
    const perRow = rest.reduce((product, size) => product * size, 1);
    return { entry, shape: [count, ...rest], first: start * perRow, length: count * perRow };
  };

  const checkOut = (out: Float32Array | Int32Array, length: number, from: string): void => {
    if (out.length === length) return;
    throw usageError({
      code: "shape-mismatch",
      message: `${from}: expected room for exactly ${length} values, got ${out.length}`,
      where: path,
    });
  };

  return {
    path,
    metadata: header.metadata,
    tensors: header.tensors,
    float32: async (name) => {
      const entry = lookUp(name, "float32()");
      const data = new Float32Array(nElements(entry));
      await readElements({ entry, first: 0, from: "float32()", straight: "F32" }, data, widenToFloat32);
      return { shape: entry.shape, data };
    },
    int32: async (name) => {
      const entry = lookUp(name, "int32()");
      const data = new Int32Array(nElements(entry));
      await readElements({ entry, first: 0, from: "int32()", straight: "I32" }, data, widenToInt32);
      return { shape: entry.shape, data };
    },
    bytes: async (name) => {
      const entry = lookUp(name, "bytes()");
      const bytes = new Uint8Array(entry.byteEnd - entry.byteStart);
      await readFully(file, bytes, dataStart + entry.byteStart, path);
      return bytes;
    },
    float32Rows: async (name, start, count, out) => {
      const from = "float32Rows()";
      const { entry, shape, first, length } = rowsOf(name, start, count, from);
      const data = out ?? new Float32Array(length);
      checkOut(data, length, from);
      await readElements({ entry, first, from, straight: "F32" }, data, widenToFloat32);
      return { shape, data };
    },
    int32Rows: async (name, start, count, out) => {
      const from = "int32Rows()";
      const { entry, shape, first, length } = rowsOf(name, start, count, from);
      const data = out ?? new Int32Array(length);
      checkOut(data, length, from);
      await readElements({ entry, first, from, straight: "I32" }, data, widenToInt32);
      return { shape, data };
    },
    close: async () => {
      if (closed) return;
      closed = true;
      await file.close();
    },
  };
}

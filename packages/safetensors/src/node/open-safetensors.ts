import type { FileHandle } from "node:fs/promises";
import { explainFileError, type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { allocate } from "../allocate.ts";
import { itemBytes } from "../dtype.ts";
import { fileError, quote, usageError } from "../errors.ts";
import { defaultLimits, type SafetensorsLimits } from "../limits.ts";
import { parseHeader, type SafetensorsHeader } from "../parse-header.ts";
import { entryOf, headerLength } from "../read-safetensors.ts";
import type { TensorEntry } from "../tensor-entry.ts";
import { type Conversion, type OpenedFile, readElements, toFloat32, toInt32 } from "./read-elements.ts";
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
    return createReader({ path, file, dataStart }, header);
  } catch (error) {
    await file?.close();
    throw explainFileError(error, "openSafetensors()", path);
  }
}

/** Shape and place of some rows of a tensor; checks that it has them. */
function rowsOf(
  entry: TensorEntry,
  rows: { start: number; count: number; outLength: number | undefined },
  context: { from: string; where: string },
): { shape: readonly number[]; first: number; length: number } {
  const { start, count, outLength } = rows;
  const [nRows, ...rest] = entry.shape;
  const where = `${context.where}, tensor ${quote(entry.name)}`;
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(count) && start >= 0 && count >= 0;
  if (!whole || nRows === undefined || start + count > nRows) {
    throw usageError({
      code: "row-out-of-range",
      message: `${context.from}: expected rows within 0 to ${nRows ?? 0} of shape [${entry.shape.join(", ")}], got ${start} to ${start + count}`,
      where,
    });
  }
  const perRow = rest.reduce((product, size) => product * size, 1);
  if (outLength !== undefined && outLength !== count * perRow) {
    throw usageError({
      code: "shape-mismatch",
      message: `${context.from}: expected room for exactly ${count * perRow} values, got ${outLength}`,
      where,
    });
  }
  return { shape: [count, ...rest], first: start * perRow, length: count * perRow };
}

function createReader(opened: OpenedFile, header: SafetensorsHeader): SafetensorsReader {
  const { path: where, file } = opened;
  let closed = false;
  const lookUp = (name: string, from: string): TensorEntry => {
    if (closed) throw usageError({ code: "file-closed", message: `${from}: the file was closed`, where });
    return entryOf(header.tensors, name, { from, where });
  };
  const readWhole = async <A extends Float32Array | Int32Array>(
    name: string,
    from: string,
    conversion: Conversion<A>,
  ): Promise<TensorValues<A>> => {
    const entry = lookUp(name, from);
    const length = (entry.byteEnd - entry.byteStart) / itemBytes(entry.dtype);
    const data = allocate(conversion.type, length, { name, from, where });
    await readElements(opened, { entry, first: 0, from }, data, conversion);
    return { shape: entry.shape, data };
  };
  const readRows = async <A extends Float32Array | Int32Array>(
    request: { name: string; start: number; count: number; from: string },
    out: A | undefined,
    conversion: Conversion<A>,
  ): Promise<TensorValues<A>> => {
    const { name, start, count, from } = request;
    const entry = lookUp(name, from);
    const { shape, first, length } = rowsOf(entry, { start, count, outLength: out?.length }, { from, where });
    const data = out ?? allocate(conversion.type, length, { name, from, where });
    await readElements(opened, { entry, first, from }, data, conversion);
    return { shape, data };
  };
  return {
    path: where,
    metadata: header.metadata,
    tensors: header.tensors,
    float32: (name) => readWhole(name, "float32()", toFloat32),
    int32: (name) => readWhole(name, "int32()", toInt32),
    bytes: async (name) => {
      const { byteStart, byteEnd } = lookUp(name, "bytes()");
      const bytes = allocate(Uint8Array, byteEnd - byteStart, { name, from: "bytes()", where });
      await readFully(file, bytes, opened.dataStart + byteStart, where);
      return bytes;
    },
    float32Rows: (name, start, count, out) =>
      readRows({ name, start, count, from: "float32Rows()" }, out, toFloat32),
    int32Rows: (name, start, count, out) =>
      readRows({ name, start, count, from: "int32Rows()" }, out, toInt32),
    close: async () => {
      if (closed) return;
      closed = true;
      await file.close();
    },
  };
}

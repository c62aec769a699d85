import type { FileHandle } from "node:fs/promises";
import { explainFileError, type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { allocate } from "../allocate.ts";
import { fileError, usageError } from "../errors.ts";
import { defaultLimits, type SafetensorsLimits } from "../limits.ts";
import { parseHeader, type SafetensorsHeader } from "../parse-header.ts";
import { entryOf, headerLength } from "../read-safetensors.ts";
import type { TensorEntry } from "../tensor-entry.ts";
import { type OpenedFile, toFloat32, toInt32 } from "./read-elements.ts";
import { readFully } from "./read-fully.ts";
import { type Request, readInto, readRows, readWhole, type TensorValues } from "./read-tensor.ts";

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
  /**
   * Elements `start` … `start + count − 1` of a float tensor in storage order, whatever its shape.
   *
   * @param out filled and returned instead of a new array; exactly `count` elements long
   * @throws PlumblineError `element-out-of-range`, `unknown-tensor`, `dtype-mismatch`
   */
  float32Elements(name: string, start: number, count: number, out?: Float32Array): Promise<Float32Array>;
  /** The same of an integer or BOOL tensor. */
  int32Elements(name: string, start: number, count: number, out?: Int32Array): Promise<Int32Array>;
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

function createReader(opened: OpenedFile, header: SafetensorsHeader): SafetensorsReader {
  const { path: where, file } = opened;
  let closed = false;
  const lookUp = (name: string, from: string): TensorEntry => {
    if (closed) throw usageError({ code: "file-closed", message: `${from}: the file was closed`, where });
    return entryOf(header.tensors, name, { from, where });
  };
  const ask = (name: string, start: number, count: number, from: string): Request => ({
    entry: lookUp(name, from),
    start,
    count,
    from,
  });
  return {
    path: where,
    metadata: header.metadata,
    tensors: header.tensors,
    float32: async (name) => readWhole(opened, lookUp(name, "float32()"), "float32()", toFloat32),
    int32: async (name) => readWhole(opened, lookUp(name, "int32()"), "int32()", toInt32),
    bytes: async (name) => {
      const { byteStart, byteEnd } = lookUp(name, "bytes()");
      const bytes = allocate(Uint8Array, byteEnd - byteStart, { name, from: "bytes()", where });
      await readFully(file, bytes, opened.dataStart + byteStart, where);
      return bytes;
    },
    float32Rows: async (name, start, count, out) =>
      readRows(opened, ask(name, start, count, "float32Rows()"), out, toFloat32),
    int32Rows: async (name, start, count, out) =>
      readRows(opened, ask(name, start, count, "int32Rows()"), out, toInt32),
    float32Elements: async (name, start, count, out) =>
      readInto(opened, ask(name, start, count, "float32Elements()"), out, toFloat32),
    int32Elements: async (name, start, count, out) =>
      readInto(opened, ask(name, start, count, "int32Elements()"), out, toInt32),
    close: async () => {
      if (closed) return;
      closed = true;
      await file.close();
    },
  };
}

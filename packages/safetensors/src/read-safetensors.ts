import { allocate } from "./allocate.ts";
import { itemBytes } from "./dtype.ts";
import { fileError, unknownTensorError } from "./errors.ts";
import { defaultLimits, type SafetensorsLimits } from "./limits.ts";
import { parseHeader } from "./parse-header.ts";
import type { TensorEntry } from "./tensor-entry.ts";
import { widenToFloat32, widenToInt32 } from "./widen.ts";

/** A whole file in memory. */
export interface SafetensorsFile {
  /** free text from the header; empty where the file has none */
  readonly metadata: Readonly<Record<string, string>>;
  /** in the order of their bytes */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /**
   * A float tensor as a new float32 array: exact for F32, F16 and BF16; F64 is rounded to nearest.
   *
   * @throws PlumblineError (kind `input`) `unknown-tensor`, `dtype-mismatch` for integers
   */
  float32(name: string): { readonly shape: readonly number[]; readonly data: Float32Array };
  /**
   * An integer or BOOL tensor as a new int32 array, exactly.
   *
   * @throws PlumblineError (kind `input`) `unknown-tensor`, `dtype-mismatch` for floats, `value-out-of-range`
   */
  int32(name: string): { readonly shape: readonly number[]; readonly data: Int32Array };
  /** A tensor's little-endian bytes, a view into the file's. @throws PlumblineError (kind `input`) `unknown-tensor` */
  bytes(name: string): Uint8Array;
}

/**
 * Length of the header, from the first 8 bytes of a file.
 *
 * @throws PlumblineError (kind `input`) `truncated-file`, `limit-exceeded`
 */
export function headerLength(
  first: Uint8Array,
  options: { fileBytes: number; where: string; limits: SafetensorsLimits },
): number {
  const { fileBytes, where, limits } = options;
  if (fileBytes < 8 || first.length < 8) {
    throw fileError({
      code: "truncated-file",
      message: `readSafetensors(): expected at least 8 bytes, got ${fileBytes}`,
      where,
    });
  }
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(limits.maxHeaderBytes)) {
    throw fileError({
      code: "limit-exceeded",
      message: `readSafetensors(): expected a header of at most ${limits.maxHeaderBytes} bytes, the file says ${length}`,
      where: `${where}, byte 0`,
      hint: "is this a safetensors file? If so, raise limits.maxHeaderBytes",
    });
  }
  if (Number(length) > fileBytes - 8) {
    throw fileError({
      code: "truncated-file",
      message: `readSafetensors(): the header is said to take ${length} bytes, the file has ${fileBytes - 8} after its length`,
      where: `${where}, byte 0`,
    });
  }
  return Number(length);
}

/** Looks a tensor up. @throws PlumblineError `unknown-tensor` */
export function entryOf(
  tensors: ReadonlyMap<string, TensorEntry>,
  name: string,
  context: { from: string; where: string },
): TensorEntry {
  const entry = tensors.get(name);
  if (entry === undefined) throw unknownTensorError({ name, known: tensors.keys(), ...context });
  return entry;
}

/**
 * Reads a safetensors file from memory. Nothing in it is trusted: the header is checked whole before any tensor is read.
 *
 * @param bytes the file; tensors are read from it when asked for, so leave it unchanged until then
 * @param options.where name of the file, for messages
 * @param options.limits replaces some of {@link defaultLimits}
 * @throws PlumblineError (kind `input`) `truncated-file`, `limit-exceeded`, and those of {@link parseHeader}
 * @source huggingface/safetensors, section "Format" of its README; byte-equal to files of safetensors 0.8.0
 * @example
 * import { encodeSafetensors, readSafetensors } from "@plumbline/safetensors";
 *
 * const bytes = encodeSafetensors({ x: { shape: [2], data: Float32Array.of(1, 2) } });
 * console.log(readSafetensors(bytes).float32("x").data); // Float32Array(2) [ 1, 2 ]
 */
export function readSafetensors(
  bytes: Uint8Array,
  options: { where?: string; limits?: Partial<SafetensorsLimits> } = {},
): SafetensorsFile {
  const { where = "safetensors bytes" } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const headerBytes = headerLength(bytes, { fileBytes: bytes.length, where, limits });
  const data = bytes.subarray(8 + headerBytes);
  const { tensors, metadata } = parseHeader(bytes.subarray(8, 8 + headerBytes), {
    dataBytes: data.length,
    where,
    limits,
  });
  const take = (name: string, from: string) => {
    const entry = entryOf(tensors, name, { from, where });
    return { entry, from, where, stored: data.subarray(entry.byteStart, entry.byteEnd) };
  };
  return {
    metadata,
    tensors,
    float32: (name) => {
      const { stored, ...context } = take(name, "float32()");
      const values = allocate(Float32Array, stored.length / itemBytes(context.entry.dtype), {
        ...context,
        name,
      });
      widenToFloat32(stored, values, context);
      return { shape: context.entry.shape, data: values };
    },
    int32: (name) => {
      const { stored, ...context } = take(name, "int32()");
      const values = allocate(Int32Array, stored.length / itemBytes(context.entry.dtype), {
        ...context,
        name,
      });
      widenToInt32(stored, values, context);
      return { shape: context.entry.shape, data: values };
    },
    bytes: (name) => take(name, "bytes()").stored,
  };
}

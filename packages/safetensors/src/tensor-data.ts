import type { SafetensorsDtype } from "./dtype.ts";
import { quote, usageError } from "./errors.ts";
import { requireLittleEndian } from "./widen.ts";

/** Arrays that a tensor can be written from. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** The dtype that an array's type stands for, by the type's name. */
export const naturalDtypes: Readonly<Record<string, SafetensorsDtype>> = {
  Float32Array: "F32",
  Float64Array: "F64",
  Int8Array: "I8",
  Uint8Array: "U8",
  Int16Array: "I16",
  Uint16Array: "U16",
  Int32Array: "I32",
  Uint32Array: "U32",
  BigInt64Array: "I64",
  BigUint64Array: "U64",
};

/**
 * The little-endian bytes of an array that becomes (part of) a tensor, as a view.
 *
 * @throws PlumblineError `dtype-mismatch` where the array's type does not fit the dtype
 */
export function bytesOf(data: TensorData, dtype: SafetensorsDtype, from: string, name: string): Uint8Array {
  requireLittleEndian();
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const natural = naturalDtypes[kind];
  const bits = natural === "U16" && (dtype === "F16" || dtype === "BF16");
  if (natural !== dtype && natural !== "U8" && !bits) {
    throw usageError({
      code: "dtype-mismatch",
      message: `${from}: a ${kind} cannot be written as ${dtype} (tensor ${quote(name)})`,
      hint: "hand in the matching array type, or the little-endian bytes as a Uint8Array",
    });
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

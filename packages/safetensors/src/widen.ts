import { PlumblineError } from "@plumbline/core";
import type { SafetensorsDtype } from "./dtype.ts";
import { fileError, quote } from "./errors.ts";
import type { TensorEntry } from "./tensor-entry.ts";

/**
 * The float32 bit pattern of a float16 bit pattern; exact for every value, NaN payloads included.
 *
 * @source IEEE 754-2008: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits
 */
export function float32BitsFromFloat16(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // A subnormal: its value is fraction · 2^-24, and its highest set bit becomes the hidden one.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

/** An array over bytes that may start anywhere: in place where the alignment allows it, else over a copy. */
function arrayOver<A>(
  bytes: Uint8Array,
  type: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
    readonly BYTES_PER_ELEMENT: number;
  },
): A {
  const size = type.BYTES_PER_ELEMENT;
  if (size > 1) requireLittleEndian();
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/** Files are little-endian and so are the machines that Node supports, but for one; there, wrong numbers are refused. */
export function requireLittleEndian(): void {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return;
  throw new PlumblineError({
    code: "big-endian-machine",
    kind: "environment",
    message: "[safetensors] widen(): this machine stores numbers big-endian, expected little-endian",
    hint: "read the file on another machine",
  });
}

/** Which tensor of which file is read, for messages. */
export interface WidenContext {
  readonly entry: TensorEntry;
  /** `function()` that reads */
  readonly from: string;
  readonly where: string;
  /** place in the tensor of the first element handed in; 0 if not given */
  readonly firstElement?: number;
}

function dtypeError(context: WidenContext, expected: string): PlumblineError {
  const { entry, from, where } = context;
  return fileError({
    code: "dtype-mismatch",
    message: `${from}: expected a tensor of ${expected}, got ${entry.dtype}`,
    where: `${where}, tensor ${quote(entry.name)}`,
    hint: "read it with the function for its dtype, or as bytes()",
  });
}

/** Element types that {@link widenFloats} takes. */
export type FloatDtype = Extract<SafetensorsDtype, "F16" | "BF16" | "F32" | "F64">;

/**
 * Widens floating-point elements to float32: exact for F16, BF16 and F32 (NaN payloads included), rounded to nearest for
 * F64.
 *
 * @param bytes little-endian elements, starting at any address
 * @param out one float per element
 * @example
 * import { widenFloats } from "@plumbline/safetensors";
 *
 * const out = new Float32Array(1);
 * widenFloats(Uint8Array.of(0x00, 0x3e), "F16", out);
 * console.log(out[0]); // 1.5
 */
export function widenFloats(bytes: Uint8Array, dtype: FloatDtype, out: Float32Array): void {
  if (dtype === "F32") {
    requireLittleEndian();
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);
  } else if (dtype === "F64") {
    out.set(arrayOver(bytes, Float64Array));
  } else {
    const narrow = arrayOver(bytes, Uint16Array);
    // Through the bit pattern, not through a number: engines may change the payload of a NaN that passes as a number.
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
    if (dtype === "BF16") for (let i = 0; i < bits.length; i++) bits[i] = (narrow[i] ?? 0) << 16;
    else for (let i = 0; i < bits.length; i++) bits[i] = float32BitsFromFloat16(narrow[i] ?? 0);
  }
}

const isFloatDtype = (dtype: SafetensorsDtype): dtype is FloatDtype =>
  dtype === "F32" || dtype === "F16" || dtype === "BF16" || dtype === "F64";

/** {@link widenFloats} for a tensor of any dtype. @throws PlumblineError `dtype-mismatch` for integers */
export function widenToFloat32(bytes: Uint8Array, out: Float32Array, context: WidenContext): void {
  const { dtype } = context.entry;
  if (!isFloatDtype(dtype)) throw dtypeError(context, "F32, F16, BF16 or F64");
  widenFloats(bytes, dtype, out);
}

const integerArrays = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  U16: Uint16Array,
  I16: Int16Array,
  I32: Int32Array,
  U32: Uint32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

/**
 * Widens an integer or boolean tensor's bytes into `out`, exactly.
 *
 * @throws PlumblineError `dtype-mismatch`, `value-out-of-range` for an element that int32 cannot hold
 */
export function widenToInt32(bytes: Uint8Array, out: Int32Array, context: WidenContext): void {
  const { dtype, name } = context.entry;
  if (!Object.hasOwn(integerArrays, dtype)) throw dtypeError(context, "integers or BOOL");
  const type = integerArrays[dtype as keyof typeof integerArrays];
  const values: ArrayLike<number | bigint> = arrayOver<ArrayLike<number | bigint>>(bytes, type);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i] ?? 0);
    if (value !== (value | 0)) {
      throw fileError({
        code: "value-out-of-range",
        message: `${context.from}: element ${i + (context.firstElement ?? 0)} is ${values[i]}, expected -2^31 to 2^31 - 1`,
        where: `${context.where}, tensor ${quote(name)}`,
        hint: "read it as bytes() and make a BigInt64Array or Uint32Array of them",
      });
    }
    out[i] = value;
  }
}

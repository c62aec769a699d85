import { requireLittleEndian } from "./widen.ts";

/** The float16 bit pattern of a number below 2^-14: multiples of 2^-24. */
function subnormalFloat16(magnitude: number): number {
  const exponent = magnitude >>> 23;
  // Below 2^-25: less than half of the smallest float16.
  if (exponent < 102) return 0;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const kept = fraction >>> shift;
  const dropped = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return kept + Number(dropped > half || (dropped === half && (kept & 1) === 1));
}

/**
 * The float16 bit pattern nearest to a float32 bit pattern, ties to the even one; beyond the largest number it is infinity.
 *
 * @source IEEE 754-2008: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits; roundTiesToEven of section 4.3.1
 */
export function float16BitsFromFloat32(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude < 0x38800000) return sign | subnormalFloat16(magnitude);
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  // Exponent bias 127 becomes 15; a carry out of the fraction goes on into the exponent, and at its top is infinity.
  const rounded = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
  return sign | Math.min(rounded, 0x7c00);
}

/** The same for bfloat16: the upper half of a float32. */
export function bfloat16BitsFromFloat32(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >>> 16) | 0x40) & 0xffff;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/**
 * Rounds float32 to nearest, ties to even, as bit patterns of F16 or BF16. What is too large becomes an infinity, NaN a
 * quiet NaN.
 *
 * @param out one pattern per value
 * @example
 * import { narrowFloats } from "@plumbline/safetensors";
 *
 * const out = new Uint16Array(2);
 * narrowFloats(Float32Array.of(1.5, 1e9), "F16", out);
 * console.log([...out].map((bits) => bits.toString(16))); // [ '3e00', '7c00' ]
 */
export function narrowFloats(values: Float32Array, dtype: "F16" | "BF16", out: Uint16Array): void {
  requireLittleEndian();
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  // Two loops, so that either function is inlined in its own.
  if (dtype === "BF16") for (let i = 0; i < bits.length; i++) out[i] = bfloat16BitsFromFloat32(bits[i] ?? 0);
  else for (let i = 0; i < bits.length; i++) out[i] = float16BitsFromFloat32(bits[i] ?? 0);
}

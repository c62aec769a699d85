import { expect, describe as suite, test } from "vitest";
import { encodeSafetensors } from "./encode-safetensors.ts";
import { readSafetensors } from "./read-safetensors.ts";
import { float32BitsFromFloat16 } from "./widen.ts";

const allBits = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

/** Value of a binary floating-point pattern by the definition of IEEE 754, in float64. */
function ieeeValue(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >>> (exponentBits + fractionBits) ? -1 : 1;
  const exponent = Math.floor(bits / 2 ** fractionBits) % 2 ** exponentBits;
  const fraction = bits % 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1)
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction * 2 ** -fractionBits) * 2 ** (exponent - bias);
}

suite("float32()", () => {
  test.each([
    { dtype: "F16", exponentBits: 5, fractionBits: 10 },
    { dtype: "BF16", exponentBits: 8, fractionBits: 7 },
  ] as const)("widens all 65536 values of $dtype exactly", ({ dtype, exponentBits, fractionBits }) => {
    const bytes = encodeSafetensors({ x: { shape: [2 ** 16], data: allBits, dtype } });
    const { data } = readSafetensors(bytes).float32("x");
    for (let bits = 0; bits < 2 ** 16; bits++) {
      const expected = ieeeValue(bits, exponentBits, fractionBits);
      // Object.is also tells the two zeros apart and holds for NaN.
      if (!Object.is(data[bits], expected)) expect(data[bits], `pattern ${bits}`).toBe(expected);
    }
  });

  test("keeps sign and payload of a NaN", () => {
    const bytes = encodeSafetensors({ x: { shape: [1], data: Uint16Array.of(0xfe01), dtype: "F16" } });
    const { data } = readSafetensors(bytes).float32("x");
    // Sign 1, exponent all ones, fraction 0x201 moved from 10 to 23 bits: 0x201 << 13.
    expect(new Uint32Array(data.buffer)[0]).toBe(0xff800000 + (0x201 << 13));
  });

  test("does not depend on where the tensor lies", () => {
    const bytes = encodeSafetensors({ x: { shape: [2], data: Float64Array.of(1 / 3, -2) } });
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    expect(readSafetensors(moved.subarray(3)).float32("x").data).toEqual(Float32Array.of(1 / 3, -2));
  });

  test("refuses integers in words", () => {
    const file = readSafetensors(encodeSafetensors({ ids: { shape: [1], data: Int32Array.of(1) } }));
    expect(() => file.float32("ids")).toThrow(
      '[safetensors] float32(): expected a tensor of F32, F16, BF16 or F64, got I32 (safetensors bytes, tensor "ids")',
    );
  });
});

suite("float32BitsFromFloat16()", () => {
  test("makes the smallest subnormal 2^-24", () => {
    // 2^-24 in float32: exponent 127 - 24 = 103 = 0x67, shifted by 23 bits.
    expect(float32BitsFromFloat16(1)).toBe(0x33800000);
  });
});

suite("int32()", () => {
  const fileOf = (data: BigInt64Array | Uint32Array | Float32Array) =>
    readSafetensors(encodeSafetensors({ x: { shape: [data.length], data } }));

  test("takes 64-bit integers that fit", () => {
    const { data } = fileOf(BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n)).int32("x");
    expect(data).toEqual(Int32Array.of(-(2 ** 31), 2 ** 31 - 1));
  });

  test("refuses integers that do not fit, with their place", () => {
    expect(() => fileOf(BigInt64Array.of(0n, 2n ** 31n)).int32("x")).toThrow("element 1 is 2147483648");
    expect(() => fileOf(Uint32Array.of(2 ** 32 - 1)).int32("x")).toThrow("element 0 is 4294967295");
    // 2^53 + 1 is not a number that JavaScript's own type can hold; the refusal must not round it into range.
    expect(() => fileOf(BigInt64Array.of(2n ** 53n + 1n)).int32("x")).toThrow(
      "element 0 is 9007199254740993",
    );
  });

  test("refuses floats in words", () => {
    expect(() => fileOf(Float32Array.of(1)).int32("x")).toThrow("expected a tensor of integers or BOOL");
  });
});

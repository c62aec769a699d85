import { expect, describe as suite, test } from "vitest";
import { narrowFloats } from "./narrow.ts";
import { widenFloats } from "./widen.ts";

type Narrow = "F16" | "BF16";
const formats = {
  F16: { fractionBits: 10, bias: 15, infinity: 0x7c00 },
  BF16: { fractionBits: 7, bias: 127, infinity: 0x7f80 },
} as const;

/** The value of a pattern by the definition of the format, in exact float64 arithmetic; infinity counts as the next number. */
function numberOf(pattern: number, dtype: Narrow): number {
  const { fractionBits, bias } = formats[dtype];
  const exponent = (pattern & 0x7fff) >> fractionBits;
  const fraction = (pattern & ((1 << fractionBits) - 1)) / 2 ** fractionBits;
  const size = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
  return pattern & 0x8000 ? -size : size;
}

function narrow(value: number, dtype: Narrow): number {
  const out = new Uint16Array(1);
  narrowFloats(Float32Array.of(value), dtype, out);
  return out[0] ?? 0;
}

/** The float32 next to a positive one. */
function neighbour(value: number, step: 1 | -1): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0] = (bits[0] ?? 0) + step;
  return new Float32Array(bits.buffer)[0] ?? 0;
}

suite.each(["F16", "BF16"] as const)("narrowFloats() to %s", (dtype) => {
  const { infinity } = formats[dtype];

  test("gives all 65,536 patterns back that widenFloats() makes numbers of", () => {
    const patterns = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const values = new Float32Array(65_536);
    widenFloats(new Uint8Array(patterns.buffer), dtype, values);
    const back = new Uint16Array(65_536);
    narrowFloats(values, dtype, back);
    const quiet = dtype === "F16" ? 0x200 : 0x40;
    const wrong = [...patterns].filter((pattern) => {
      const isNaNPattern = (pattern & 0x7fff) > infinity;
      return back[pattern] !== (isNaNPattern ? pattern | quiet : pattern);
    });
    expect(wrong).toEqual([]);
  });

  test("rounds to the nearest number by the format's definition, and halfway to the even one", () => {
    const wrong: string[] = [];
    const expectPattern = (value: number, pattern: number): void => {
      for (const sign of [0, 0x8000]) {
        const found = narrow(sign ? -value : value, dtype);
        if (found !== (pattern | sign)) wrong.push(`${value}: ${found}, not ${pattern | sign}`);
      }
    };
    for (let lower = 0; lower < infinity; lower++) {
      // The pattern after the largest number is that of infinity, and by the same rule the next power of two.
      const [a, b] = [numberOf(lower, dtype), numberOf(lower + 1, dtype)];
      expectPattern(a, lower);
      const middle = (a + b) / 2;
      // Representable in float32 but for the last bits of its smallest numbers, where bfloat16 has its own.
      expect(Math.fround(middle)).toBe(middle);
      expectPattern(middle, lower % 2 === 0 ? lower : lower + 1);
      expectPattern(neighbour(middle, -1), lower);
      expectPattern(neighbour(middle, 1), lower + 1);
    }
    expect(wrong).toEqual([]);
  });
});

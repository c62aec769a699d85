import { distributionOfCounts } from "../values/distribution.ts";
import type { Quantile } from "../values/metric-value.ts";

/** Quantiles of φ from one pass over any number of pairs. */
export interface PhiQuantiles {
  add(phi: number): void;
  /** of φ, each value off by at most 1 part in 4096 */
  signed(reason: string): readonly Quantile[];
  /** of |φ| */
  absolute(reason: string): readonly Quantile[];
}

/** Bits of a float32 that a bin leaves out: sign, exponent and 11 bits of the fraction remain. */
const droppedBits = 12;

/**
 * Counts φ by the leading 20 bits of its float32 form: 2^20 counts, 8 MB, however many pairs. Most φ lie within a thousandth of
 * 0, and such bins stay fine there, where bins of one width would hold nearly all pairs in one.
 */
export function createPhiQuantiles(): PhiQuantiles {
  const counts = new Float64Array(2 ** (32 - droppedBits));
  const number = new Float32Array(1);
  const bits = new Uint32Array(number.buffer);
  /** middle of a bin, never beyond ±1; 0 is a bin of its own, since φ that is not 0 is above 1e-10 */
  const middleOf = (bin: number): number => {
    bits[0] = bin << droppedBits;
    if (number[0] === 0) return 0;
    bits[0] = (bin << droppedBits) | (1 << (droppedBits - 1));
    return Math.max(-1, Math.min(1, number[0] ?? 0));
  };
  const counted = function* (): Generator<[value: number, count: number]> {
    for (let bin = 0; bin < counts.length; bin++) {
      const count = counts[bin] ?? 0;
      if (count > 0) yield [middleOf(bin), count];
    }
  };
  return {
    add: (phi) => {
      number[0] = phi;
      const bin = (bits[0] ?? 0) >>> droppedBits;
      counts[bin] = (counts[bin] ?? 0) + 1;
    },
    signed: (reason) => distributionOfCounts(counted(), { reason }).quantiles,
    absolute: (reason) => {
      const absolute = new Map<number, number>();
      for (const [value, count] of counted()) {
        const size = Math.abs(value);
        absolute.set(size, (absolute.get(size) ?? 0) + count);
      }
      return distributionOfCounts(absolute, { reason }).quantiles;
    },
  };
}

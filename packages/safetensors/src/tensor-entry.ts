import { itemBytes, type SafetensorsDtype } from "./dtype.ts";

/** What the header says of one tensor. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  /** sizes of the axes, row-major; empty for a scalar */
  readonly shape: readonly number[];
  /** first byte, relative to the data area */
  readonly byteStart: number;
  /** one past the last byte, relative to the data area */
  readonly byteEnd: number;
}

/**
 * Number of elements of a shape.
 *
 * @returns the product of the sizes (1 for a scalar), or `undefined` where a size is no integer ≥ 0 or where elements or
 *   bytes go past 2^53 − 1, zeros not counted: `[0, 2^40, 2^40]` is refused like `[2^40, 2^40]`, since no array library
 *   can hold either
 */
export function elementCount(shape: readonly number[], dtype: SafetensorsDtype): number | undefined {
  let bound = itemBytes(dtype);
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    bound *= Math.max(size, 1);
    count *= size;
    if (bound > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return count;
}

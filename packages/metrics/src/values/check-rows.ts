import { PlumblineError } from "@plumbline/core";

/** Number of rows of `width` in an array of `length` values. */
export function countRows(options: { length: number; width: number; from: string; what: string }): number {
  const { length, width, from, what } = options;
  if (length % width === 0) return length / width;
  throw new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[metrics] ${from}: expected ${what} in whole rows of ${width}, got ${length} values`,
    hint: "hand over row-major arrays [nRows, width]",
  });
}

/** A width or a count: an integer of at least 1. */
export function checkCount(value: number, options: { from: string; what: string }): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[metrics] ${options.from}: expected ${options.what} to be an integer of at least 1, got ${value}`,
  });
}

/** The smallest and the middle of some measurements. */
export interface Summary {
  readonly min: number;
  readonly median: number;
}

/** @param values at least one */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return { min: sorted[0] ?? Number.NaN, median: (low + high) / 2 };
}

/** Three digits or all before the point: 1234, 123, 12.3, 1.23, 0.0123. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const decimals = 2 - Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(Math.max(decimals, 0), 6));
}

/** Megabytes, as memory is given in tables. */
export function megabytes(bytes: number): string {
  return Math.max(0, bytes / 1e6).toFixed(0);
}

// Float64 kernels of the reference, and the bounds that everything in it is measured against.

/** Half a unit in the last place of float32: what one rounding loses at most, relative to the result. */
export const unit: number = 2 ** -24;

/**
 * What a float32 sum of n products may lose at worst, relative to the sum of their sizes, whatever the order, with room for what
 * comes after. Decides which scores float32 cannot tell apart, and bounds sums over tokens and latents: those repeat, and equal
 * terms round the same way.
 */
export const gamma = (n: number): number => (n + 16) * unit;

/**
 * What it loses in practice: roundings of either sign add up as the square root of their number (Higham & Mary 2019, "A new
 * approach to probabilistic rounding error analysis", with λ = 2). Sums over dimensions are held to this.
 */
export const probable = (n: number): number => (2 * Math.sqrt(n) + 16) * unit;

/** Below this a float32 number has fewer bits than others, or none. */
export const smallest: number = 2 ** -126;

export const at = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;

export function dot(a: Float64Array, aAt: number, b: Float64Array, bAt: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (a[aAt + i] as number) * (b[bAt + i] as number);
  return sum;
}

/** `y += factor · x` */
export function addTo(
  y: Float64Array,
  yAt: number,
  factor: number,
  x: Float64Array,
  xAt: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) y[yAt + i] = (y[yAt + i] as number) + factor * (x[xAt + i] as number);
}

export function scaleBy(y: Float64Array, yAt: number, factor: number, n: number): void {
  for (let i = 0; i < n; i++) y[yAt + i] = (y[yAt + i] as number) * factor;
}

export const norm = (a: Float64Array, aAt: number, n: number): number => Math.sqrt(dot(a, aAt, a, aAt, n));

/** Norms of rows of one width. */
export function rowNorms(rows: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: rows.length / width }, (_, i) => norm(rows, i * width, width));
}

/** Adds to one number of an array. */
export function grow(values: Float64Array, i: number, by: number): void {
  values[i] = (values[i] as number) + by;
}

export function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

export const float64 = (values: ArrayLike<number> | undefined): Float64Array =>
  Float64Array.from(values ?? []);

/** Nothing times anything, infinite bounds included, is nothing. */
export const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

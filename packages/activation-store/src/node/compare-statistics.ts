import type { ActivationStatistics } from "@plumbline/core";

/** Roundings of float32 and of sums in another order stay far below; what is wrong is far above. */
const tolerance = 1e-6;

/**
 * What a store says of its rows against what they are.
 *
 * @param said.mean absent where the store does not say it
 * @returns what differs, or `undefined`
 */
export function compareStatistics(
  said: { readonly mean: Float32Array | undefined; readonly meanSquaredNorm: number | undefined },
  found: ActivationStatistics,
): string | undefined {
  const { mean, meanSquaredNorm } = found;
  const scale = Math.sqrt(meanSquaredNorm);
  const near = (a: number, b: number, size: number): boolean => Math.abs(a - b) <= tolerance * size;
  if (said.meanSquaredNorm !== undefined && !near(said.meanSquaredNorm, meanSquaredNorm, meanSquaredNorm)) {
    return `mean squared norm ${said.meanSquaredNorm}, but the rows have ${meanSquaredNorm}`;
  }
  const column = said.mean?.findIndex((value, i) => !near(value, mean[i] ?? 0, scale)) ?? -1;
  if (column < 0) return undefined;
  return `mean ${said.mean?.[column]} of column ${column}, but the rows have ${mean[column]}`;
}

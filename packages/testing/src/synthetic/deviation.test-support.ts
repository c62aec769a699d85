/** Largest distance of observed from wanted rates, in standard errors. */
export function largestDeviation(
  observed: readonly number[],
  wanted: ArrayLike<number>,
  nRows: number,
): number {
  return Math.max(
    ...observed.map((rate, i) => {
      const p = wanted[i] ?? 0;
      return Math.abs(rate - p) / Math.sqrt((p * (1 - p)) / nRows);
    }),
  );
}

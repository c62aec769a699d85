/**
 * The 0.975 quantile of Student's t distribution: half the width of a 95 % interval in standard errors.
 *
 * @param df degrees of freedom, at least 2
 * @returns to four digits from 7 degrees of freedom on
 * @source the expansion around the normal quantile: Abramowitz & Stegun 26.7.5
 */
export function studentQuantile(df: number): number {
  const z = 1.959963984540054;
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  const g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160;
  return z + g1 / df + g2 / df ** 2 + g3 / df ** 3 + g4 / df ** 4;
}

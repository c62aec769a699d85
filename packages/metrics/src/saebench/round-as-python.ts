/** Decimal places of SAEBench's numbers for each latent. */
const places = 10;

/**
 * Rounds to ten decimal places as Python's `round` does, ties to even. The two languages differ in ties only, and a float64
 * lies halfway between two such decimals only as an odd multiple of 2^-11 (densities can): 5 · 10^-11 times an odd number is a
 * binary fraction only where 5^10 divides that number.
 */
export function roundAsPython(value: number): number {
  const halves = Math.abs(value) * 2 ** 11;
  // Above 2^18 the tenth place no longer fits a float64's integers, and float32 weights are multiples of 2^-5.
  if (!Number.isInteger(halves) || halves % 2 === 0 || halves > 2 ** 29) {
    // −0 becomes 0, which is what JSON would make of it.
    return Number(value.toFixed(places)) + 0;
  }
  const below = Math.floor(Math.abs(value) * 10 ** places);
  return Number(`${Math.sign(value) * (below % 2 === 0 ? below : below + 1)}e-${places}`);
}

/** Number of pairs `i < j` of `n` latents: n (n − 1) / 2. */
export function pairCount(n: number): number {
  return (n * (n - 1)) / 2;
}

/**
 * Where row `i` of the packed upper triangle begins: pairs (i, i + 1), (i, i + 2), … (i, n − 1) follow each other from here.
 *
 * In float64 on purpose: positions pass 2^31 at n = 65,537, where integer operators would wrap.
 */
export function pairRowStart(i: number, n: number): number {
  return (i * (2 * n - i - 1)) / 2;
}

/** Position of the pair `i < j` in the packed upper triangle, 0 … pairCount(n) − 1, rows after each other. */
export function pairIndex(pair: { readonly i: number; readonly j: number }, n: number): number {
  return pairRowStart(pair.i, n) + pair.j - pair.i - 1;
}

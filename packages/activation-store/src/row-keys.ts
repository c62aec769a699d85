import { createRandom } from "@plumbline/core";

/** One round of mixing 32 bits, invertible; every bit of the input changes about half of those of the result. */
function scramble(bits: number): number {
  let t = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
  return (t ^ (t >>> 15)) >>> 0;
}

/**
 * The function that gives each row of an endless stream its place in a windowed shuffle: r + u · windowRows, u uniform in
 * [0, 1) and a pure function of the seed and r. It keeps no state, so any row's key is at hand without those before.
 *
 * @source the mixing function is that of core's seeds ("splitmix32"), keyed and applied to the two halves of r in turn
 */
export function createRowKeys(seed: number, windowRows: number): (row: number) => number {
  const [a, b, c] = createRandom(seed).stream("live-order").state();
  return (row) => {
    const low = scramble((row >>> 0) ^ a);
    const both = scramble(low ^ scramble(Math.floor(row / 2 ** 32) ^ b));
    const more = scramble(both ^ c);
    const uniform = ((both >>> 5) * 2 ** 26 + (more >>> 6)) * 2 ** -53;
    return row + uniform * windowRows;
  };
}

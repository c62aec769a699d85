/** Exact state of a {@link Random}: four unsigned 32-bit words, safe to store as JSON. */
export type RandomState = readonly [number, number, number, number];

/**
 * A seeded source of randomness. Same seed, same numbers, on every machine; nothing in Plumbline draws from anywhere else.
 */
export interface Random {
  /** uniform in [0, 2^32), an integer */
  uint32(): number;
  /** uniform in [0, 1), 53 bits */
  uniform(): number;
  /** standard normal (mean 0, variance 1) */
  normal(): number;
  /** uniform integer in [0, limit), without modulo bias; `limit` in 1 … 2^32 */
  integer(limit: number): number;
  /**
   * An independent child stream. It depends on this stream's seed and the name only, not on how much was drawn, so adding
   * a consumer never changes what the others see.
   */
  stream(name: string): Random;
  state(): RandomState;
}

/** FNV-1a over UTF-16 code units, 32 bits; only spreads names over seeds. */
function hashName(name: string, basis: number): number {
  let hash = basis >>> 0;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** splitmix32: fills a state from one word so that neighbouring seeds give unrelated streams. */
function spread(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x9e3779b9) >>> 0;
    let t = Math.imul(a ^ (a >>> 16), 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
}

const rotl = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0;

/** xoshiro128** (Blackman & Vigna 2018), period 2^128 − 1, from an explicit state. */
export function randomFromState(initial: RandomState, path: readonly [number, string] = [0, ""]): Random {
  let [a, b, c, d] = initial.map((word) => word >>> 0) as [number, number, number, number];
  const uint32 = (): number => {
    const result = Math.imul(rotl(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const t = (b << 9) >>> 0;
    c = (c ^ a) >>> 0;
    d = (d ^ b) >>> 0;
    b = (b ^ c) >>> 0;
    a = (a ^ d) >>> 0;
    c = (c ^ t) >>> 0;
    d = rotl(d, 11);
    return result;
  };
  const uniform = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) * 2 ** -53;
  return {
    uint32,
    uniform,
    // Box–Muller, the cosine half only: no hidden spare value, so the state above is all there is.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (limit) => {
      const bound = 2 ** 32 - (2 ** 32 % limit);
      let draw = uint32();
      while (draw >= bound) draw = uint32();
      return draw % limit;
    },
    stream: (name) => createRandom(path[0], `${path[1]}/${name}`),
    state: () => [a, b, c, d],
  };
}

/**
 * A random stream from a root seed and the name of its place in the tree.
 *
 * @param seed any integer; its low 53 bits count
 * @param name path of the stream; children made by `stream(name)` extend it
 * @source generator: Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2018 (xoshiro128**)
 * @example
 * import { createRandom } from "@plumbline/core";
 *
 * const order = createRandom(7).stream("order");
 * console.log(order.integer(10) === createRandom(7).stream("order").integer(10)); // true
 */
export function createRandom(seed: number, name = ""): Random {
  const low = seed >>> 0;
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  const first = spread(hashName(name, 0x811c9dc5) ^ low);
  const second = spread(hashName(name, 0x2b5d1a67) ^ high ^ rotl(low, 16));
  const state = [first(), second(), first(), second()] as const;
  // The all-zero state is the generator's one fixed point.
  const safe: RandomState = state.every((word) => word === 0) ? [1, 2, 3, 4] : state;
  return randomFromState(safe, [seed, name]);
}

/** Fills `out` with standard normal numbers times `scale`, in order. */
export function fillNormal(out: Float32Array, random: Random, scale = 1): Float32Array {
  for (let i = 0; i < out.length; i++) out[i] = scale * random.normal();
  return out;
}

/**
 * A uniformly random order of 0 … n − 1 (Fisher–Yates).
 *
 * @param n number of items, below 2^32
 * @returns the order, 4 bytes an item
 */
export function permutation(n: number, random: Random): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 1; i < n; i++) {
    const j = random.integer(i + 1);
    order[i] = order[j] ?? 0;
    order[j] = i;
  }
  return order;
}

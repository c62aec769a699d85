import { createRandom, permutation, type Random, type SparseLatents } from "@plumbline/core";

/** Densities of SAE latents fall off about like this power of their rank. */
const zipfExponent = 0.7;

/** Draws latents with probability ∝ rank^−0.7, ranks in a random order over latents. */
function createDraw(dSae: number, random: Random): () => number {
  const order = permutation(dSae, random.stream("order"));
  const cumulative = new Float64Array(dSae);
  let total = 0;
  for (let rank = 0; rank < dSae; rank++) {
    total += (rank + 1) ** -zipfExponent;
    cumulative[rank] = total;
  }
  return () => {
    const at = random.uniform() * total;
    let low = 0;
    let high = dSae - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulative[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return order[low] ?? 0;
  };
}

/**
 * A batch of tokens on which `l0` different latents fire each, some latents often and most rarely, as in an SAE. They fire
 * independently: a real SAE's pairs are less evenly spread, and so count faster if anything.
 */
export function zipfTokens(options: {
  readonly dSae: number;
  readonly l0: number;
  readonly nRows: number;
  readonly seed: number;
}): SparseLatents {
  const { dSae, l0, nRows, seed } = options;
  const draw = createDraw(dSae, createRandom(seed, "zipf-tokens"));
  const indices = new Uint32Array(nRows * l0);
  for (let row = 0; row < nRows; row++) {
    const firing = new Set<number>();
    while (firing.size < l0) firing.add(draw());
    indices.set(Uint32Array.from(firing).sort(), row * l0);
  }
  return {
    nRows,
    dSae,
    rowStarts: Uint32Array.from({ length: nRows + 1 }, (_, row) => row * l0),
    indices,
    values: new Float32Array(nRows * l0).fill(1),
  };
}

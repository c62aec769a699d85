/** The largest scores of each owner with the partners they are of. */
export interface BestPartners {
  /** [n · keep] −∞ where an owner has fewer */
  readonly scores: Float32Array;
  /** [n · keep] −1 where an owner has fewer */
  readonly partners: Int32Array;
  readonly keep: number;
  offer(owner: number, score: number, partner: number): void;
}

/** Keeps the `keep` largest scores of each of `n` owners, in heaps with the least on top. */
export function createBestPartners(n: number, keep: number): BestPartners {
  const scores = new Float32Array(n * keep).fill(Number.NEGATIVE_INFINITY);
  const partners = new Int32Array(n * keep).fill(-1);
  const sink = (base: number, score: number, partner: number): void => {
    let at = 0;
    for (let child = 1; child < keep; child = 2 * at + 1) {
      const isRightLess =
        child + 1 < keep && (scores[base + child + 1] as number) < (scores[base + child] as number);
      const least = isRightLess ? child + 1 : child;
      if ((scores[base + least] as number) >= score) break;
      scores[base + at] = scores[base + least] as number;
      partners[base + at] = partners[base + least] as number;
      at = least;
    }
    scores[base + at] = score;
    partners[base + at] = partner;
  };
  return {
    scores,
    partners,
    keep,
    offer: (owner, score, partner) => {
      if (score > (scores[owner * keep] as number)) sink(owner * keep, score, partner);
    },
  };
}

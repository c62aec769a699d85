import { PlumblineError } from "@plumbline/core";
import {
  type Cooccurrence,
  type CrossCooccurrence,
  createCooccurrence,
  createCrossCooccurrence,
} from "@plumbline/metrics";

/** Counts of all pairs of latents: within either SAE, and across. */
export interface PairCounts {
  readonly withinA: Cooccurrence;
  readonly withinB: Cooccurrence;
  readonly across: CrossCooccurrence;
}

/** Bytes that the counts of all pairs take, 4 a pair. */
export function pairCountBytes(dSaeA: number, dSaeB: number): number {
  return 2 * dSaeA * (dSaeA - 1) + 2 * dSaeB * (dSaeB - 1) + 4 * dSaeA * dSaeB;
}

/**
 * Takes the memory for all counts, before the first token is read.
 *
 * @throws PlumblineError `limit-exceeded`, `out-of-memory`
 */
export function createPairCounts(dSaeA: number, dSaeB: number): PairCounts {
  try {
    // Across first: of two SAEs of one size it takes the most, and so refuses before anything is taken.
    const across = createCrossCooccurrence({ dSaeA, dSaeB });
    return {
      across,
      withinA: createCooccurrence({ dSae: dSaeA }),
      withinB: createCooccurrence({ dSae: dSaeB }),
    };
  } catch (error) {
    if (!PlumblineError.isInstance(error) || error.kind === "bug") throw error;
    throw new PlumblineError({
      code: error.code,
      kind: error.kind,
      message: `[cli] compare: ${dSaeA} and ${dSaeB} latents have too many pairs to count: ${error.what}`,
      hint: `compare smaller SAEs; "plumbline eval" and "plumbline stability" count no pairs`,
      cause: error,
    });
  }
}

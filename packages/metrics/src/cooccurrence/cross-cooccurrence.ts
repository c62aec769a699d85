import { PlumblineError, type SparseLatents } from "@plumbline/core";
import { checkAscending, checkLatents, checkSameRows } from "../values/check-latents.ts";
import { checkCount } from "../values/check-rows.ts";
import { allocateCounts, checkTokens, defaultMaxBytes } from "./allocate-counts.ts";
import { checkLatent, checkTop } from "./check-options.ts";
import { type CrossCooccurrenceResult, type CrossOptions, summarizeCross } from "./cross-top.ts";
import { checkThresholds, collectFirings, countEach, createFirings } from "./firings.ts";
import { createJointCounter, jointCounterBytes } from "./joint-counter.ts";
import { phiCoefficient } from "./phi.ts";

/** Counts which latents of two SAEs fire together; see {@link createCrossCooccurrence}. */
export interface CrossCooccurrence {
  /**
   * Takes latents of both SAEs on the same tokens, row by row.
   *
   * @throws PlumblineError `shape-mismatch` for another dSae, broken rows or different numbers of rows, `limit-exceeded`
   *   beyond 2^32 − 1 tokens; nothing of such a batch is counted
   */
  add(batch: { readonly a: SparseLatents; readonly b: SparseLatents }): void;
  readonly nTokens: number;
  /** tokens on which latent `a` of A and latent `b` of B both fired */
  jointCount(a: number, b: number): number;
  /** φ of latent `a` of A and latent `b` of B; 0 where one fired on no token or on all, and before the first token */
  phi(a: number, b: number): number;
  /**
   * @param options `top`: partners kept for each latent, 50 by default; `maxFiringRate`: candidates for splitting and merging
   *   fire on at most this fraction of tokens, 0.05 by default; `nCandidates`: candidates named on each side, 200 by default
   */
  result(options?: Partial<CrossOptions>): CrossCooccurrenceResult;
}

/** One of the two SAEs, while tokens come in. */
function createSide(options: { dSae: number; thresholds: Float32Array | undefined; what: string }) {
  const { dSae, thresholds, what } = options;
  const from = "createCrossCooccurrence()";
  checkCount(dSae, { from, what });
  checkThresholds(thresholds, { dSae, from });
  const firings = createFirings(dSae);
  const marginals = new Float64Array(dSae);
  return {
    dSae,
    marginals,
    check: (latents: SparseLatents): void => {
      checkLatents(latents, dSae);
      checkAscending(latents);
    },
    take: (latents: SparseLatents, row: number) => {
      collectFirings(firings, { latents, row, thresholds });
      countEach(marginals, firings);
      return firings;
    },
  };
}

function checkRate(rate: number): void {
  if (rate >= 0 && rate <= 1) return;
  throw new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[metrics] result(): expected maxFiringRate in 0..1, got ${rate}`,
  });
}

/**
 * Which latents of two SAEs fire on the same tokens: exact joint counts of all dSaeA · dSaeB pairs, and from them φ.
 *
 * Firing is decided for each token alone, as in `createCooccurrence`: value above the threshold of the latent, or not 0. Takes
 * 4 bytes a pair: 1.7 GB for two SAEs of 20,480 latents.
 *
 * A latent of B with a large φ to two latents of A is a candidate for splitting: A uses two latents where B has one. A latent of
 * A with a large φ to two of B is one for merging. Both are ranked by their second largest φ. They are candidates only: nothing
 * here says that the two parts share out the tokens of the whole.
 *
 * @param options `dSaeA`, `dSaeB`: number of latents; `thresholdsA`, `thresholdsB`: from 0 on, Infinity for never; `maxBytes`:
 *   refuse to take more memory than this, 4 GiB by default
 * @throws PlumblineError `bad-option`, `shape-mismatch`, `limit-exceeded` where maxBytes is not enough, `out-of-memory`
 * @source Levinson, arXiv 2604.03436, 2026, with its repository good-epic/MetaSAE
 * @example
 * import { createCrossCooccurrence } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const cross = createCrossCooccurrence({ dSaeA: 2, dSaeB: 1 });
 * const a = sparseFromDense(Float32Array.of(1, 0, 0, 1, 0, 0), { nRows: 3, dSae: 2 });
 * const b = sparseFromDense(Float32Array.of(2, 0, 0), { nRows: 3, dSae: 1 });
 * cross.add({ a, b });
 * console.log(cross.phi(0, 0), cross.phi(1, 0)); // 1 -0.5
 */
export function createCrossCooccurrence(options: {
  readonly dSaeA: number;
  readonly dSaeB: number;
  readonly thresholdsA?: Float32Array;
  readonly thresholdsB?: Float32Array;
  readonly maxBytes?: number;
}): CrossCooccurrence {
  const { dSaeA, dSaeB, maxBytes = defaultMaxBytes } = options;
  const sideA = createSide({ dSae: dSaeA, thresholds: options.thresholdsA, what: "dSaeA" });
  const sideB = createSide({ dSae: dSaeB, thresholds: options.thresholdsB, what: "dSaeB" });
  const sizes = { nLatents: dSaeA, nPartners: dSaeB, nCounts: dSaeA * dSaeB };
  const joint = allocateCounts({
    nCounts: sizes.nCounts,
    otherBytes: jointCounterBytes(sizes),
    maxBytes,
    from: "createCrossCooccurrence()",
    what: "pairs",
  });
  const rowOf = (a: number) => ({
    counts: joint.subarray(a * dSaeB, (a + 1) * dSaeB),
    firstPartner: 0,
  });
  const counter = createJointCounter({ ...sizes, rowOf });
  let nTokens = 0;
  const jointCount = (a: number, b: number): number => {
    checkLatent(a, dSaeA);
    checkLatent(b, dSaeB);
    counter.flush();
    return joint[a * dSaeB + b] ?? 0;
  };

  return {
    get nTokens(): number {
      return nTokens;
    },
    add: ({ a, b }) => {
      sideA.check(a);
      sideB.check(b);
      checkSameRows(a, b);
      checkTokens(nTokens + a.nRows);
      for (let row = 0; row < a.nRows; row++) counter.addToken(sideA.take(a, row), sideB.take(b, row));
      nTokens += a.nRows;
    },
    jointCount,
    phi: (a, b) => {
      const [nFirst = 0, nSecond = 0] = [sideA.marginals[a], sideB.marginals[b]];
      return phiCoefficient({ nTokens, nBoth: jointCount(a, b), nFirst, nSecond });
    },
    result: ({ top = 50, maxFiringRate = 0.05, nCandidates = 200 } = {}) => {
      checkTop(top, "top");
      checkTop(nCandidates, "nCandidates");
      checkRate(maxFiringRate);
      counter.flush();
      const counts = { nTokens, firingsA: sideA.marginals, firingsB: sideB.marginals, joint };
      return summarizeCross(counts, { top, maxFiringRate, nCandidates });
    },
  };
}

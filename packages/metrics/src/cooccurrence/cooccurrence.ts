import type { SparseLatents } from "@plumbline/core";
import { checkAscending, checkLatents } from "../values/check-latents.ts";
import { checkCount } from "../values/check-rows.ts";
import { allocateCounts, checkTokens, defaultMaxBytes } from "./allocate-counts.ts";
import { checkLatent, checkTop } from "./check-options.ts";
import { checkThresholds, collectFirings, countEach, createFirings } from "./firings.ts";
import { createJointCounter, jointCounterBytes } from "./joint-counter.ts";
import { pairCount, pairIndex, pairRowStart } from "./pair-index.ts";
import { phiCoefficient } from "./phi.ts";
import { type CooccurrenceResult, summarizePhi } from "./phi-summary.ts";

/** Counts which latents of one SAE fire together; see {@link createCooccurrence}. */
export interface Cooccurrence {
  /**
   * @throws PlumblineError `shape-mismatch` for another dSae or broken rows, `limit-exceeded` beyond 2^32 − 1 tokens; nothing
   *   of such a batch is counted
   */
  add(latents: SparseLatents): void;
  readonly nTokens: number;
  /** [dSae] tokens on which each latent fired, so far; a copy */
  firings(): Float64Array;
  /** tokens on which both fired; of a latent with itself, tokens on which it fired */
  jointCount(i: number, j: number): number;
  /** φ of two latents in either order; 0 where one fired on no token or on all, and before the first token */
  phi(i: number, j: number): number;
  /** @param options `top`: pairs to name, 20 by default. Takes a pass over all pairs: seconds at dSae 20,480 */
  result(options?: { readonly top?: number }): CooccurrenceResult;
}

/** Counts by pair, from counts in the packed triangle. */
function createLookUp(state: { joint: Uint32Array; marginals: Float64Array; settle: () => void }) {
  const { joint, marginals, settle } = state;
  const dSae = marginals.length;
  return (a: number, b: number) => {
    checkLatent(a, dSae);
    checkLatent(b, dSae);
    settle();
    const [i, j] = a < b ? [a, b] : [b, a];
    const nFirst = marginals[i] ?? 0;
    return {
      nFirst,
      nSecond: marginals[j] ?? 0,
      nBoth: i === j ? nFirst : (joint[pairIndex({ i, j }, dSae)] ?? 0),
    };
  };
}

/**
 * Which latents of an SAE fire together, over a stream of tokens: exact joint counts of all pairs, and from them φ.
 *
 * A latent fires on a token where its value is above its threshold or, without `thresholds`, where it is not 0. That must be
 * a rule for each token alone: latents kept by a batch rule (BatchTopK) fire or not depending on the other tokens of their
 * batch, and φ of those measures the batches too. Calibrate thresholds for such an SAE with `createThresholdCalibration`.
 *
 * Takes 4 bytes a pair: 839 MB at dSae 20,480, 2.1 GB at 32,768, and up to 70 MB beside. Counts do not depend on batches
 * or the order of tokens.
 *
 * @param options `dSae`: number of latents; `thresholds`: [dSae] from 0 on, Infinity for never; `maxBytes`: refuse to take more
 *   memory than this, 4 GiB by default
 * @throws PlumblineError `bad-option`, `shape-mismatch`, `limit-exceeded` where maxBytes is not enough, `out-of-memory`
 * @source φ: Yule 1912; mean |φ| over pairs: Levinson, arXiv 2604.03436, 2026
 * @example
 * import { createCooccurrence } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const cooccurrence = createCooccurrence({ dSae: 2 });
 * cooccurrence.add(sparseFromDense(Float32Array.of(1, 2, 0, 0, 3, 1, 0, 1), { nRows: 4, dSae: 2 }));
 * console.log(cooccurrence.jointCount(0, 1), cooccurrence.phi(0, 1).toFixed(3)); // 2 0.577
 * console.log(cooccurrence.result().meanAbsPhi.value?.toFixed(3)); // 0.577
 */
export function createCooccurrence(options: {
  readonly dSae: number;
  readonly thresholds?: Float32Array;
  readonly maxBytes?: number;
}): Cooccurrence {
  const { dSae, thresholds, maxBytes = defaultMaxBytes } = options;
  const from = "createCooccurrence()";
  checkCount(dSae, { from, what: "dSae" });
  checkThresholds(thresholds, { dSae, from });
  const sizes = { nLatents: dSae, nPartners: dSae, nCounts: pairCount(dSae) };
  const joint = allocateCounts({
    nCounts: sizes.nCounts,
    otherBytes: jointCounterBytes(sizes),
    maxBytes,
    from,
    what: "pairs",
  });
  const counter = createJointCounter({
    ...sizes,
    rowOf: (i) => ({
      counts: joint.subarray(pairRowStart(i, dSae), pairRowStart(i + 1, dSae)),
      firstPartner: i + 1,
    }),
  });
  const marginals = new Float64Array(dSae);
  const firings = createFirings(dSae);
  const lookUp = createLookUp({ joint, marginals, settle: counter.flush });
  let nTokens = 0;
  const phi = (i: number, j: number): number => phiCoefficient({ nTokens, ...lookUp(i, j) });

  return {
    get nTokens(): number {
      return nTokens;
    },
    add: (latents) => {
      checkLatents(latents, dSae);
      checkAscending(latents);
      checkTokens(nTokens + latents.nRows);
      for (let row = 0; row < latents.nRows; row++) {
        collectFirings(firings, { latents, row, thresholds });
        countEach(marginals, firings);
        counter.addToken(firings);
      }
      nTokens += latents.nRows;
    },
    firings: () => marginals.slice(),
    jointCount: (i, j) => lookUp(i, j).nBoth,
    phi,
    result: ({ top = 20 } = {}) => {
      checkTop(top, "top");
      counter.flush();
      const pair = (i: number, j: number) => ({ i, j, phi: phi(i, j), nBoth: lookUp(i, j).nBoth });
      return summarizePhi({ nTokens, dSae, marginals, joint }, { top, pair });
    },
  };
}

import type { PeerFormula } from "../values/peer-means.ts";
import type { BatchSums } from "./peer-batch.ts";
import type { PeerReconstructionMetricName } from "./peer-definitions.ts";

/** The two that are ratios of sums over all batches, and no means. */
export type PeerRatioName = "explainedVarianceSaeLens618" | "explainedVarianceUncentred";
type PeerMeanName = Exclude<PeerReconstructionMetricName, PeerRatioName>;

const constantBatch = "x does not vary within it";
const zeroToken = "it has a token of norm 0";

function withinBatch(sums: BatchSums): number {
  return 1 - sums.squaredError / sums.inputDeviation;
}

function meanErrorNorm(sums: BatchSums): number {
  return sums.errorNorm / sums.nRows;
}

function meanCosine(sums: BatchSums): number {
  return sums.cosine / sums.nRows;
}

/** Means over batches or tokens: what one batch contributes, and why that may have no value. */
export const peerMeans: Readonly<Record<PeerMeanName, PeerFormula<BatchSums>>> = {
  explainedVarianceDictionaryLearning: {
    // Both variances have the denominator nRows − 1, which leaves the ratio; with one row it is 0 / 0 there too.
    of: (sums) => 1 - sums.errorDeviation / sums.inputDeviation,
    over: "batches",
    reason: constantBatch,
  },
  explainedVarianceLegacy: {
    of: (sums) => 1 - sums.deviationRatio / sums.nRows,
    over: "tokens",
    reason: "a token lies on its mean",
  },
  explainedVarianceLegacyOpenMoss: {
    of: (sums) => 1 - sums.deviationRatio / sums.nRows,
    over: "batches",
    reason: "a token lies on its mean",
  },
  explainedVarianceSaeLensTrainer: { of: withinBatch, over: "batches", reason: constantBatch },
  explainedVarianceOpenMoss: { of: withinBatch, over: "batches", reason: constantBatch },
  fvuSparsify: {
    of: (sums) => sums.squaredError / sums.inputDeviation,
    over: "batches",
    reason: constantBatch,
  },
  normalizedSquaredErrorOpenAi: {
    of: (sums) => sums.inputRatio / sums.nRows,
    over: "tokens",
    reason: zeroToken,
  },
  r2Overcomplete: {
    of: ({ squaredError, scalarDeviation, nRows, dIn }) =>
      1 - squaredError / (nRows * dIn) / (scalarDeviation / (nRows * dIn) + 1e-6),
    over: "batches",
    reason: "it is not finite",
  },
  standardizedSquaredErrorBatchTopK: {
    of: (sums) => sums.standardizedError / (sums.nRows * sums.dIn),
    over: "tokens",
    reason: "one dimension has no standard deviation",
  },
  squaredErrorSaeLens618: {
    of: (sums) => sums.squaredError / sums.nRows / sums.nRows,
    over: "tokens",
    reason: "it is not finite",
  },
  errorNormDictionaryLearning: { of: meanErrorNorm, over: "batches", reason: "it is not finite" },
  errorNormOpenMoss: { of: meanErrorNorm, over: "batches", reason: "it is not finite" },
  errorNormRatioOpenMoss: {
    of: (sums) => sums.errorNorm / sums.inputNorm,
    over: "batches",
    reason: "all its tokens have norm 0",
  },
  cosineSaeLens: { of: meanCosine, over: "tokens", reason: "it has a token where x or xHat has norm 0" },
  cosineDictionaryLearning: {
    of: meanCosine,
    over: "batches",
    reason: "it has a token where x or xHat has norm 0",
  },
  l2RatioSaeLens: {
    of: (sums) => sums.guardedL2Ratio / sums.nRows,
    over: "tokens",
    reason: "it is not finite",
  },
  l2RatioDictionaryLearning: {
    of: (sums) => sums.l2Ratio / sums.nRows,
    over: "batches",
    reason: zeroToken,
  },
  relativeReconstructionBiasPerBatch: {
    of: (sums) => sums.squaredOutput / sums.product,
    over: "batches",
    reason: "the mean of x · xHat is 0",
  },
};

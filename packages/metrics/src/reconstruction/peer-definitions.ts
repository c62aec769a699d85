import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of the numbers that other libraries give under the names of reconstruction metrics. */
export type PeerReconstructionMetricName =
  | "explainedVarianceDictionaryLearning"
  | "explainedVarianceSaeLens618"
  | "explainedVarianceLegacy"
  | "explainedVarianceLegacyOpenMoss"
  | "explainedVarianceSaeLensTrainer"
  | "explainedVarianceOpenMoss"
  | "explainedVarianceUncentred"
  | "fvuSparsify"
  | "normalizedSquaredErrorOpenAi"
  | "r2Overcomplete"
  | "standardizedSquaredErrorBatchTopK"
  | "squaredErrorSaeLens618"
  | "errorNormDictionaryLearning"
  | "errorNormOpenMoss"
  | "errorNormRatioOpenMoss"
  | "cosineSaeLens"
  | "cosineDictionaryLearning"
  | "l2RatioSaeLens"
  | "l2RatioDictionaryLearning"
  | "relativeReconstructionBiasPerBatch";

const fraction = "fraction; 1 is perfect";

/**
 * `mean_t`: over all tokens; `mean_b`: over batches, each counted once whatever its size; `x̄_b`: the mean of a batch, per
 * dimension. Each number is what the library's formula gives in exact arithmetic, defects included.
 */
export const peerReconstructionDefinitions: Definitions<PeerReconstructionMetricName> = defineMetrics({
  explainedVarianceDictionaryLearning: {
    id: "explained-variance.dictionary-learning",
    unit: fraction,
    formula:
      "mean_b of 1 − Σ_d var(r_d) / Σ_d var(x_d), variances within the batch; defect: the mean of r is removed, so that a constant error is not seen",
    source: "frac_variance_explained in evaluation.py of dictionary_learning 0.1.0",
  },
  explainedVarianceSaeLens618: {
    id: "explained-variance.saelens-6.18",
    unit: `${fraction}, but it can be above`,
    formula:
      "1 − mean_b(mean‖r‖²) / (mean_b(mean‖x‖²) − m²), m = mean_b of the mean of x² over tokens and dimensions; defect: m stands where the mean of x belongs, so that it changes with the scale of x, comes near the uncentred number where m is far below dIn, and is above 1 where m is above dIn",
    source:
      "explained_variance of SAELens 6.18.0 (corrected in 6.45.1) and of the core evaluation of SAEBench 0.6.0",
  },
  explainedVarianceLegacy: {
    id: "explained-variance.legacy",
    unit: fraction,
    formula:
      "mean_t of 1 − ‖r‖² / ‖x − x̄_b‖²; defect: a mean of ratios, governed by the tokens next to the mean",
    source: "explained_variance_legacy of SAELens 6.18.0 and SAEBench 0.6.0",
  },
  explainedVarianceLegacyOpenMoss: {
    id: "explained-variance.legacy-openmoss",
    unit: fraction,
    formula: "mean_b of the batch's mean of 1 − ‖r‖² / ‖x − x̄_b‖²; defect: a mean of ratios",
    source: "explained_variance_legacy of OpenMOSS Language-Model-SAEs",
  },
  explainedVarianceSaeLensTrainer: {
    id: "explained-variance.saelens-trainer",
    unit: fraction,
    formula:
      "mean_b of 1 − mean‖r‖² / mean‖x − x̄_b‖²; SAELens logs it for single batches, the mean over them is ours",
    source: "metrics/explained_variance in the log of SAETrainer, SAELens 6.18.0",
  },
  explainedVarianceOpenMoss: {
    id: "explained-variance.openmoss",
    unit: fraction,
    formula: "mean_b of 1 − mean‖r‖² / mean‖x − x̄_b‖²; the same as explained-variance.saelens-trainer",
    source: "explained_variance of OpenMOSS Language-Model-SAEs",
  },
  explainedVarianceUncentred: {
    id: "explained-variance.uncentred",
    unit: fraction,
    formula: "1 − Σ‖r‖² / Σ‖x‖²; defect as an explained variance: a common mean of x counts as variance",
    source: "what explained-variance.saelens-6.18 comes near on activations with m far below dIn",
  },
  fvuSparsify: {
    id: "fvu.sparsify",
    unit: "fraction; 0 is perfect, 1 is predicting the batch's mean",
    formula: "mean_b of Σ‖r‖² / Σ‖x − x̄_b‖²",
    source: "fvu of SparseCoder.forward, EleutherAI sparsify; the mean over batches is ours",
  },
  normalizedSquaredErrorOpenAi: {
    id: "normalized-squared-error.openai",
    unit: "fraction; 0 is perfect, 1 is predicting 0",
    formula: "mean_t of ‖r‖² / ‖x‖²; nothing is centred",
    source: "normalized_mean_squared_error in loss.py of openai/sparse_autoencoder",
  },
  r2Overcomplete: {
    id: "r2.overcomplete",
    unit: fraction,
    formula:
      "mean_b of 1 − mean r² / (mean (x − μ)² + 1e-6), means over tokens and dimensions, μ one number; defect: differences between the means of dimensions count as variance",
    source: "r2_score of Overcomplete 0.3.0; the mean over batches is ours",
  },
  standardizedSquaredErrorBatchTopK: {
    id: "squared-error.standardized-batch-topk",
    unit: "squared standard deviations of a token over its dimensions",
    formula:
      "mean_t of mean_d of (r / (s + 1e-5))², s the unbiased standard deviation of the token's own values",
    source:
      "l2_loss with input_unit_norm in sae.py of bartbussmann/BatchTopK and of MetaSAE; near 1 − explained variance where tokens differ more than dimensions",
  },
  squaredErrorSaeLens618: {
    id: "squared-error.saelens-6.18",
    unit: "squared units of x per token",
    formula: "mean_t of ‖r‖² / tokens of the batch; defect: divided by the number of tokens twice",
    source: "mse of SAELens 6.18.0 (corrected in 6.45.2) and of the core evaluation of SAEBench 0.6.0",
  },
  errorNormDictionaryLearning: {
    id: "error-norm.dictionary-learning",
    unit: "units of x",
    formula: "mean_b of the batch's mean of ‖r‖",
    source: "l2_loss in evaluation.py of dictionary_learning 0.1.0",
  },
  errorNormOpenMoss: {
    id: "error-norm.openmoss",
    unit: "units of x",
    formula: "mean_b of the batch's mean of ‖r‖; the same as error-norm.dictionary-learning",
    source: "l2_norm_error of OpenMOSS Language-Model-SAEs",
  },
  errorNormRatioOpenMoss: {
    id: "error-norm-ratio.openmoss",
    unit: "ratio; 0 is perfect",
    formula: "mean_b of mean‖r‖ / mean‖x‖",
    source: "l2_norm_error_ratio of OpenMOSS Language-Model-SAEs",
  },
  cosineSaeLens: {
    id: "cosine.saelens",
    unit: "−1..1",
    formula: "mean_t of ⟨x, xHat⟩ / (‖x‖ ‖xHat‖); no value where a norm is 0",
    source: "cossim of SAELens 6.18.0 and SAEBench 0.6.0",
  },
  cosineDictionaryLearning: {
    id: "cosine.dictionary-learning",
    unit: "−1..1",
    formula: "mean_b of the batch's mean of ⟨x, xHat⟩ / (‖x‖ ‖xHat‖); no value where a norm is 0",
    source: "cossim in evaluation.py of dictionary_learning 0.1.0",
  },
  l2RatioSaeLens: {
    id: "l2-ratio.saelens",
    unit: "ratio; below 1 is shrinkage",
    formula: "mean_t of ‖xHat‖ / ‖x‖, where ‖x‖ below 1e-4 is taken as 1",
    source: "l2_ratio of SAELens 6.18.0 and SAEBench 0.6.0",
  },
  l2RatioDictionaryLearning: {
    id: "l2-ratio.dictionary-learning",
    unit: "ratio; below 1 is shrinkage",
    formula: "mean_b of the batch's mean of ‖xHat‖ / ‖x‖; no value where ‖x‖ is 0",
    source: "l2_ratio in evaluation.py of dictionary_learning 0.1.0",
  },
  relativeReconstructionBiasPerBatch: {
    id: "relative-reconstruction-bias.per-batch",
    unit: "ratio; 1 is unbiased, below 1 is shrinkage",
    formula: "mean_b of mean‖xHat‖² / mean⟨x, xHat⟩",
    source:
      "relative_reconstruction_bias of SAELens 6.18.0, SAEBench 0.6.0 and dictionary_learning 0.1.0, after arXiv 2404.16014, equation 10",
  },
});

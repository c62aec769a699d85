import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics about reconstruction. */
export type ReconstructionMetricName =
  | "explainedVariance"
  | "squaredErrorPerToken"
  | "squaredErrorPerElement"
  | "errorNorm"
  | "inputNorm"
  | "outputNorm"
  | "cosine"
  | "l2Ratio"
  | "relativeReconstructionBias";

export const reconstructionDefinitions: Definitions<ReconstructionMetricName> = defineMetrics({
  explainedVariance: {
    id: "explained-variance.global",
    unit: "fraction; 1 is perfect, 0 is predicting the mean, below 0 is worse",
    formula: "1 − Σ‖r‖² / Σ‖x − mean‖², mean over all tokens for each dimension",
    source: "the definition of SAELens since 6.45.1 and of SAEBench meta_structure",
  },
  squaredErrorPerToken: {
    id: "squared-error.per-token",
    unit: "squared units of x",
    formula: "mean of ‖r‖²: sum over dimensions, mean over tokens",
    source: "the loss of SAELens and dictionary_learning",
  },
  squaredErrorPerElement: {
    id: "squared-error.per-element",
    unit: "squared units of x",
    formula: "mean of ‖r‖² / dIn: mean over dimensions and tokens",
    source: "the loss of OpenAI sparse_autoencoder and BatchTopK",
  },
  errorNorm: {
    id: "error-norm",
    unit: "units of x",
    formula: "mean of ‖r‖",
    source: "l2_loss of dictionary_learning",
  },
  inputNorm: {
    id: "input-norm",
    unit: "units of x",
    formula: "mean of ‖x‖",
    source: "l2_norm_in of SAELens",
  },
  outputNorm: {
    id: "output-norm",
    unit: "units of x",
    formula: "mean of ‖xHat‖",
    source: "l2_norm_out of SAELens",
  },
  cosine: {
    id: "cosine.token-mean",
    unit: "−1..1",
    formula: "mean of ⟨x, xHat⟩ / (‖x‖ ‖xHat‖) over tokens with ‖x‖ > 0; a token with xHat = 0 counts as 0",
    source: "cossim of SAELens and dictionary_learning",
  },
  l2Ratio: {
    id: "l2-ratio.token-mean",
    unit: "ratio; below 1 is shrinkage",
    formula: "mean of ‖xHat‖ / ‖x‖ over tokens with ‖x‖ > 0",
    source: "l2_ratio of SAELens and dictionary_learning",
  },
  relativeReconstructionBias: {
    id: "relative-reconstruction-bias.global",
    unit: "ratio; 1 is unbiased, below 1 is shrinkage",
    formula: "Σ‖xHat‖² / Σ⟨x, xHat⟩; the best rescaling of xHat is its inverse",
    source: "Rajamanoharan et al., arXiv 2404.16014, equation 10",
  },
});

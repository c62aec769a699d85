/** What a number means, exactly. */
export interface MetricDefinition {
  /** stable name of this definition among others of the same name */
  readonly id: string;
  /** raised when the same input would give another number */
  readonly version: number;
  readonly unit: string;
  /** `r = x − xHat`; sums and means over all tokens unless said otherwise */
  readonly formula: string;
  readonly source: string;
}

/** Names of the metrics of this package. */
export type MetricName =
  | "explainedVariance"
  | "squaredErrorPerToken"
  | "squaredErrorPerElement"
  | "errorNorm"
  | "inputNorm"
  | "outputNorm"
  | "cosine"
  | "l2Ratio"
  | "relativeReconstructionBias"
  | "l0"
  | "density"
  | "deadLatents"
  | "alignmentScore"
  | "encoderDecoderCosine";

const define = (id: string, details: { unit: string; formula: string; source: string }): MetricDefinition =>
  Object.freeze({ id, version: 1, ...details });

/**
 * The definition of every metric here, with its version. Many of these names stand for several formulas in the field;
 * compare numbers only where the definitions agree.
 */
export const metricDefinitions: Readonly<Record<MetricName, MetricDefinition>> = Object.freeze({
  explainedVariance: define("explained-variance.global", {
    unit: "fraction; 1 is perfect, 0 is predicting the mean, below 0 is worse",
    formula: "1 − Σ‖r‖² / Σ‖x − mean‖², mean over all tokens for each dimension",
    source: "the definition of SAELens since 6.45.1 and of SAEBench meta_structure",
  }),
  squaredErrorPerToken: define("squared-error.per-token", {
    unit: "squared units of x",
    formula: "mean of ‖r‖²: sum over dimensions, mean over tokens",
    source: "the loss of SAELens and dictionary_learning",
  }),
  squaredErrorPerElement: define("squared-error.per-element", {
    unit: "squared units of x",
    formula: "mean of ‖r‖² / dIn: mean over dimensions and tokens",
    source: "the loss of OpenAI sparse_autoencoder and BatchTopK",
  }),
  errorNorm: define("error-norm", {
    unit: "units of x",
    formula: "mean of ‖r‖",
    source: "l2_loss of dictionary_learning",
  }),
  inputNorm: define("input-norm", {
    unit: "units of x",
    formula: "mean of ‖x‖",
    source: "l2_norm_in of SAELens",
  }),
  outputNorm: define("output-norm", {
    unit: "units of x",
    formula: "mean of ‖xHat‖",
    source: "l2_norm_out of SAELens",
  }),
  cosine: define("cosine.token-mean", {
    unit: "−1..1",
    formula: "mean of ⟨x, xHat⟩ / (‖x‖ ‖xHat‖) over tokens with ‖x‖ > 0; a token with xHat = 0 counts as 0",
    source: "cossim of SAELens and dictionary_learning",
  }),
  l2Ratio: define("l2-ratio.token-mean", {
    unit: "ratio; below 1 is shrinkage",
    formula: "mean of ‖xHat‖ / ‖x‖ over tokens with ‖x‖ > 0",
    source: "l2_ratio of SAELens and dictionary_learning",
  }),
  relativeReconstructionBias: define("relative-reconstruction-bias.global", {
    unit: "ratio; 1 is unbiased, below 1 is shrinkage",
    formula: "Σ‖xHat‖² / Σ⟨x, xHat⟩; the best rescaling of xHat is its inverse",
    source: "Rajamanoharan et al., arXiv 2404.16014, equation 10",
  }),
  l0: define("l0.non-zero", {
    unit: "latents a token",
    formula: "number of latents that are not 0, for each token",
    source: "l0 of SAEBench and dictionary_learning",
  }),
  density: define("density", {
    unit: "fraction of tokens",
    formula: "tokens on which a latent is not 0 / tokens",
    source: "feature_density of SAEBench",
  }),
  deadLatents: define("dead-latents.last-tokens", {
    unit: "latents",
    formula: "latents that are 0 on each of the last nTokens tokens",
    source: "ours; nTokens stands beside the number",
  }),
  alignmentScore: define("alignment-score", {
    unit: "ratio; 1 is a lone latent that comes back as it went in",
    formula: "⟨encoder row, decoder row⟩, not divided by norms",
    source: "Brzozowski & Chung, arXiv 2605.18629",
  }),
  encoderDecoderCosine: define("encoder-decoder-cosine", {
    unit: "−1..1",
    formula:
      "⟨encoder row, decoder row⟩ / (‖encoder row‖ ‖decoder row‖) over latents with both norms above 0",
    source: "encoder_decoder_cosine_sim of SAEBench",
  }),
});

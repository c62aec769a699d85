import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics against known directions. */
export type RecoveryMetricName =
  | "trueMaxCosine"
  | "foundMaxCosine"
  | "meanCorrelationCoefficient"
  | "uniqueness"
  | "firingPrecision"
  | "firingRecall"
  | "firingF1"
  | "firingAccuracy";

export const recoveryDefinitions: Definitions<RecoveryMetricName> = defineMetrics({
  trueMaxCosine: {
    id: "recovery.mmcs.true-to-found",
    unit: "−1..1; 1 is that every true direction was found",
    formula:
      "mean over true directions of the largest cosine to any decoder row; signed unless the result says absolute",
    source: "mean max cosine similarity, Sharkey et al. 2022",
  },
  foundMaxCosine: {
    id: "recovery.mmcs.found-to-true",
    unit: "−1..1; 1 is that every latent is a true direction",
    formula:
      "mean over decoder rows of the largest cosine to any true direction; signed unless the result says absolute",
    source: "mean max cosine similarity, Sharkey et al. 2022",
  },
  meanCorrelationCoefficient: {
    id: "recovery.mcc",
    unit: "0..1",
    formula:
      "mean |cosine| under the one-to-one assignment of decoder rows to true directions with the largest sum of |cosine|, over min(latents, true directions) pairs; norms below 1e-8 count as 1e-8",
    source: "mean_correlation_coefficient of SAELens; arXiv 2505.20254",
  },
  uniqueness: {
    id: "recovery.uniqueness",
    unit: "fraction of latents",
    formula: "distinct true latents that are the best match (largest |cosine|) of some latent / latents",
    source: "feature_uniqueness of SAELens",
  },
  firingPrecision: {
    id: "recovery.firing-precision",
    unit: "0..1",
    formula:
      "mean over latents of TP / (TP + FP) against the firing (value above 0) of the best-matching true latent; 0 for a latent that never fires",
    source: "ClassificationMetricsCalculator of SAELens",
  },
  firingRecall: {
    id: "recovery.firing-recall",
    unit: "0..1",
    formula: "mean over latents of TP / (TP + FN), likewise; 0 where the true latent never fires",
    source: "ClassificationMetricsCalculator of SAELens",
  },
  firingF1: {
    id: "recovery.firing-f1",
    unit: "0..1",
    formula: "mean over latents of 2 · precision · recall / (precision + recall); 0 where both are 0",
    source: "ClassificationMetricsCalculator of SAELens",
  },
  firingAccuracy: {
    id: "recovery.firing-accuracy",
    unit: "0..1; near 1 for any rare latent that is silent",
    formula: "mean over latents of (TP + TN) / tokens",
    source: "ClassificationMetricsCalculator of SAELens",
  },
});

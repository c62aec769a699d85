import { defineMetrics, type MetricDefinition, type MetricName, metricDefinitions } from "@plumbline/metrics";

/** What a comparison says beside the metrics of each SAE. */
export const compareDefinitions: Readonly<Record<string, MetricDefinition>> = defineMetrics({
  unexplainedVariance: {
    id: "unexplained-variance.global",
    unit: "fraction; 0 is perfect, 1 is predicting the mean",
    formula: "1 − explainedVariance = Σ‖r‖² / Σ‖x − mean‖²",
    source: "fraction of variance unexplained",
  },
  shareNegativePhi: {
    id: "phi.share-negative",
    unit: "fraction of pairs of living latents",
    formula: "share of pairs i < j of latents that fired on at least one token with φ < 0",
    source: "ours",
  },
  absPhiQuantiles: {
    id: "abs-phi.quantile",
    unit: "1, in 0..1",
    formula: "quantile of |φ| over the same pairs, off by at most 1 part in 4096",
    source: "ours",
  },
  phiHistogram: {
    id: "phi.histogram-share",
    unit: "fraction of pairs of living latents",
    formula: "share of the same pairs with φ in a bin; difference: share of a − share of b",
    source: "ours",
  },
  meanTopPhi: {
    id: "phi.mean-top-across",
    unit: "1, in −1..1",
    formula:
      "mean over latents of one SAE that fired, but not on every token, of their largest φ with a latent of the other",
    source: "Levinson, arXiv 2604.03436, 2026",
  },
  relativeChange: {
    id: "relative-change.to-b",
    unit: "fraction; −0.1 is 10 % less than b",
    formula: "(value of a − value of b) / value of b",
    source: "ours",
  },
});

const used: readonly MetricName[] = [
  "explainedVariance",
  "squaredErrorPerToken",
  "squaredErrorPerElement",
  "errorNorm",
  "inputNorm",
  "outputNorm",
  "cosine",
  "l2Ratio",
  "relativeReconstructionBias",
  "l0",
  "density",
  "deadLatents",
  "phi",
  "meanAbsPhi",
  "meanAbsPhiAlive",
  "meanMaxCosine",
  "matchedCosine",
  "shareMatchedAbove",
  "sharedIndependently",
  "sharedTogether",
  "matchesAgree",
];

/** `id@version` of everything that a comparison prints. */
export function definitionIds(): Record<string, string> {
  const all = {
    ...Object.fromEntries(used.map((name) => [name, metricDefinitions[name]])),
    ...compareDefinitions,
  };
  return Object.fromEntries(Object.entries(all).map(([name, { id, version }]) => [name, `${id}@${version}`]));
}

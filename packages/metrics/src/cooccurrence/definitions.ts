import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics about which latents fire together. */
export type CooccurrenceMetricName =
  | "phi"
  | "meanAbsPhi"
  | "meanAbsPhiAlive"
  | "equalErrorThreshold"
  | "matchedRateThreshold";

export const cooccurrenceDefinitions: Definitions<CooccurrenceMetricName> = defineMetrics({
  phi: {
    id: "phi",
    unit: "1, in −1..1",
    formula:
      "(n N11 − Ni Nj) / √(Ni (n − Ni) Nj (n − Nj)) of tokens on which latents fire, by a rule for each token; 0 where Ni or Nj is 0 or n",
    source: "Yule 1912; cross_phi of good-epic/MetaSAE",
  },
  meanAbsPhi: {
    id: "mean-abs-phi.all-pairs",
    unit: "1, in 0..1",
    formula: "Σ |φ_ij| over i < j / (dSae (dSae − 1) / 2)",
    source: "mean |φ| of Levinson, arXiv 2604.03436, 2026; latents that never fire count as 0",
  },
  meanAbsPhiAlive: {
    id: "mean-abs-phi.alive-pairs",
    unit: "1, in 0..1",
    formula: "mean of |φ_ij| over pairs i < j of latents that fired on at least one token",
    source: "ours",
  },
  equalErrorThreshold: {
    id: "threshold.equal-error",
    unit: "value of the latent",
    formula:
      "centre of the bin that minimises |CDF of selected values + CDF of positive values not selected − 1|; below 100 selected values, the larger of the lowest selected and the highest other bin",
    source: "threshold calibration of good-epic/MetaSAE; bins adapt to each latent unless fixedMax is set",
  },
  matchedRateThreshold: {
    id: "threshold.matched-rate",
    unit: "value of the latent",
    formula: "above it lie as many values of the latent as were selected",
    source: "Levinson, arXiv 2604.03436, 2026, appendix A",
  },
});

import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics about modes. */
export type BimodalityMetricName = "sarle" | "dip" | "deltaBic" | "ashmanD" | "lowModeMass";

export const bimodalityDefinitions: Definitions<BimodalityMetricName> = defineMetrics({
  sarle: {
    id: "bimodality.sarle",
    unit: "5/9 for a uniform distribution; more suggests two modes or strong skew",
    formula:
      "(g² + 1) / (k + 3 (n − 1)² / ((n − 2)(n − 3))), g and k the bias-corrected skewness and excess kurtosis",
    source: "SAS/STAT user's guide, the CLUSTER procedure",
  },
  dip: {
    id: "bimodality.dip",
    unit: "distance of distribution functions, 0..1/4",
    formula:
      "largest distance of the empirical distribution to the closest unimodal one; p = share of uniform samples of the same size with at least this dip",
    source: "Hartigan & Hartigan 1985",
  },
  deltaBic: {
    id: "bimodality.delta-bic",
    unit: "above 10 is strong evidence for two components",
    formula: "BIC of one normal distribution − BIC of a mixture of two",
    source: "Schwarz 1978",
  },
  ashmanD: {
    id: "bimodality.ashman-d",
    unit: "ratio; above 2 the modes are apart",
    formula: "√2 |μ1 − μ2| / √(σ1² + σ2²) of that mixture",
    source: "Ashman, Bird & Zepf 1994",
  },
  lowModeMass: {
    id: "bimodality.low-mode-mass",
    unit: "fraction",
    formula: "share of values below the point between the two means where the mixture's density is least",
    source: "ours",
  },
});

import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics that compare dictionaries. */
export type StabilityMetricName =
  | "meanMaxCosine"
  | "matchedCosine"
  | "shareMatchedAbove"
  | "sharedIndependently"
  | "sharedTogether"
  | "matchesAgree"
  | "featureStability"
  | "subspaceOverlap";

export const stabilityDefinitions: Definitions<StabilityMetricName> = defineMetrics({
  meanMaxCosine: {
    id: "mmcs",
    unit: "−1..1",
    formula:
      "mean over latents of one SAE of the largest cosine to any latent of the other; not symmetric, many to one",
    source: "Sharkey et al. 2022; Cunningham et al., arXiv 2309.08600",
  },
  matchedCosine: {
    id: "pw-mcc.signed",
    unit: "−1..1",
    formula:
      "mean cosine under the one-to-one assignment with the largest sum of signed cosines; rows of zeros count as 0; over pairs of seeds: mean and population standard deviation",
    source: "PW-MCC, arXiv 2505.20254; the Hungarian-matched cosine of a pair",
  },
  shareMatchedAbove: {
    id: "matched-share",
    unit: "fraction of matched latents",
    formula: "share of pairs of that assignment with a cosine above the threshold, 0.7 unless said otherwise",
    source: "the decoder half of Paulo & Belrose, arXiv 2501.16615",
  },
  sharedIndependently: {
    id: "shared.independent",
    unit: "fraction of matched latents",
    formula:
      "share of latents whose decoder match and whose encoder match, from two separate assignments, both have a cosine above the threshold; the two matches may be different latents",
    source: "Paulo & Belrose, arXiv 2501.16615, as their notebook computes it",
  },
  sharedTogether: {
    id: "shared.same-latent",
    unit: "fraction of matched latents",
    formula: "the same where both assignments also choose the same latent",
    source: "Paulo & Belrose, arXiv 2501.16615, as the text states it",
  },
  matchesAgree: {
    id: "matches-agree",
    unit: "fraction of matched latents",
    formula:
      "share of latents for which the assignments of decoder rows and of encoder rows choose the same latent",
    source: "Paulo & Belrose, arXiv 2501.16615",
  },
  featureStability: {
    id: "feature-stability.max-cosine",
    unit: "fraction of other runs",
    formula:
      "for each latent the share of other runs in which some decoder row has a cosine above the threshold to its own; then over all latents of all runs",
    source: "after arXiv 2606.12138",
  },
  subspaceOverlap: {
    id: "subspace-overlap.decoder",
    unit: "0..1; rank / dIn by chance",
    formula:
      "mean of cos² of the principal angles between the spans of the leading right singular vectors of both decoders",
    source: "principal angles: Björck & Golub 1973",
  },
});

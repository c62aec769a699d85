import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics about sparsity. */
export type SparsityMetricName = "l0" | "density" | "deadLatents";

export const sparsityDefinitions: Definitions<SparsityMetricName> = defineMetrics({
  l0: {
    id: "l0.non-zero",
    unit: "latents a token",
    formula: "number of latents that are not 0, for each token",
    source: "l0 of SAEBench and dictionary_learning",
  },
  density: {
    id: "density",
    unit: "fraction of tokens",
    formula: "tokens on which a latent is not 0 / tokens",
    source: "feature_density of SAEBench",
  },
  deadLatents: {
    id: "dead-latents.last-tokens",
    unit: "latents",
    formula: "latents that are 0 on each of the last nTokens tokens",
    source: "ours; nTokens stands beside the number",
  },
});

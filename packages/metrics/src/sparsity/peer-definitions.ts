import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of the numbers that other libraries give under the names of sparsity metrics. */
export type PeerSparsityMetricName =
  | "l0SaeLens"
  | "l1SaeLens"
  | "l1DictionaryLearning"
  | "l1OpenAi"
  | "freqOver1PercentSaeBench"
  | "freqOver10PercentSaeBench"
  | "normalizedFreqOver1PercentSaeBench"
  | "normalizedFreqOver10PercentSaeBench"
  | "fracAliveSaeBench"
  | "fracAliveDictionaryLearning"
  | "hoyerOvercomplete"
  | "kappa4Overcomplete";

const misc = "misc_metrics of the core evaluation of SAEBench 0.6.0";

/** `f`: latents of a token; `mean_t`: over all tokens; `mean_b`: over batches, each counted once whatever its size. */
export const peerSparsityDefinitions: Definitions<PeerSparsityMetricName> = defineMetrics({
  l0SaeLens: {
    id: "l0.saelens",
    unit: "latents a token",
    formula: "mean_t of the number of latents with f > 0; defect: negative latents are not counted",
    source: "l0 of SAELens 6.18.0; SAEBench 0.6.0 and dictionary_learning count f ≠ 0, as l0.non-zero does",
  },
  l1SaeLens: {
    id: "l1.saelens",
    unit: "units of latents",
    formula:
      "mean_t of Σ f; no absolute value and no decoder norm; defect: negative latents lower it, and it changes when a factor moves from decoder to latents",
    source: "l1 of SAELens 6.18.0 and of the core evaluation of SAEBench 0.6.0",
  },
  l1DictionaryLearning: {
    id: "l1.dictionary-learning",
    unit: "units of latents",
    formula: "mean_b of the batch's mean of Σ|f|; no decoder norm",
    source: "l1_loss in evaluation.py of dictionary_learning 0.1.0",
  },
  l1OpenAi: {
    id: "l1.openai",
    unit: "units of latents over units of x",
    formula: "mean_t of Σ|f| / ‖x‖; no decoder norm",
    source: "normalized_L1_loss in loss.py of openai/sparse_autoencoder",
  },
  freqOver1PercentSaeBench: {
    id: "freq-over-1-percent.saebench",
    unit: "fraction of latents",
    formula: "share of latents with f > 0 on more than 1% of tokens",
    source: `freq_over_1_percent in ${misc}`,
  },
  freqOver10PercentSaeBench: {
    id: "freq-over-10-percent.saebench",
    unit: "fraction of latents",
    formula: "share of latents with f > 0 on more than 10% of tokens",
    source: `freq_over_10_percent in ${misc}`,
  },
  normalizedFreqOver1PercentSaeBench: {
    id: "normalized-freq-over-1-percent.saebench",
    unit: "fraction of firings",
    formula: "Σ density over latents above 1% / Σ density, density as in f > 0; 0 where nothing fires",
    source: `normalized_freq_over_1_percent in ${misc}`,
  },
  normalizedFreqOver10PercentSaeBench: {
    id: "normalized-freq-over-10-percent.saebench",
    unit: "fraction of firings",
    formula: "Σ density over latents above 10% / Σ density, density as in f > 0; 0 where nothing fires",
    source: `normalized_freq_over_10_percent in ${misc}`,
  },
  fracAliveSaeBench: {
    id: "frac-alive.saebench",
    unit: "fraction of latents",
    formula: "share of latents with f > 0 on at least one of the tokens seen; grows with their number",
    source: `frac_alive in ${misc}`,
  },
  fracAliveDictionaryLearning: {
    id: "frac-alive.dictionary-learning",
    unit: "fraction of latents",
    formula:
      "share of latents with Σ f ≠ 0 over the tokens seen; defect: latents that cancel to 0 count as dead",
    source: "frac_alive in evaluation.py of dictionary_learning 0.1.0",
  },
  hoyerOvercomplete: {
    id: "hoyer.overcomplete",
    unit: "1 is one latent, 0 is all alike",
    formula:
      "mean_t of (√dSae − Σ|f| / (‖f‖ + 1e-6)) / (√dSae − 1); defect: a token without latents is above 1",
    source: "hoyer in metrics.py of Overcomplete 0.3.0; the mean over tokens is ours",
  },
  kappa4Overcomplete: {
    id: "kappa-4.overcomplete",
    unit: "1 is one latent, 1 / dSae is all alike",
    formula: "mean_t of Σf⁴ / ((Σf²)² + 1e-6); defect: a token of small latents comes out near 0",
    source: "kappa_4 in metrics.py of Overcomplete 0.3.0; the mean over tokens is ours",
  },
});

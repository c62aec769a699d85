/** Settings of SAEBench's core evaluation, under its names and with its defaults. */
export interface SaeBenchCoreConfig {
  readonly model_name: string;
  readonly llm_dtype: string;
  readonly batch_size_prompts: number;
  readonly n_eval_reconstruction_batches: number;
  readonly n_eval_sparsity_variance_batches: number;
  readonly dataset: string;
  readonly context_size: number;
  readonly compute_kl: boolean;
  readonly compute_ce_loss: boolean;
  readonly compute_l2_norms: boolean;
  readonly compute_sparsity_metrics: boolean;
  readonly compute_variance_metrics: boolean;
  readonly compute_featurewise_density_statistics: boolean;
  readonly compute_featurewise_weight_based_metrics: boolean;
  readonly exclude_special_tokens_from_reconstruction: boolean;
  readonly verbose: boolean;
}

/** Numbers of SAEBench's core evaluation by category, under its names; −1 stands for a number that there is not. */
export interface SaeBenchCoreMetrics {
  readonly model_behavior_preservation: Numbers<"kl_div_score" | "kl_div_with_ablation" | "kl_div_with_sae">;
  readonly model_performance_preservation: Numbers<
    "ce_loss_score" | "ce_loss_with_ablation" | "ce_loss_with_sae" | "ce_loss_without_sae"
  >;
  readonly reconstruction_quality: Numbers<
    "explained_variance" | "explained_variance_legacy" | "mse" | "cossim"
  >;
  readonly shrinkage: Numbers<"l2_norm_in" | "l2_norm_out" | "l2_ratio" | "relative_reconstruction_bias">;
  readonly sparsity: Numbers<"l0" | "l1">;
  readonly token_stats: Numbers<"total_tokens_eval_reconstruction" | "total_tokens_eval_sparsity_variance">;
  readonly misc_metrics: Numbers<
    | "freq_over_1_percent"
    | "freq_over_10_percent"
    | "normalized_freq_over_1_percent"
    | "normalized_freq_over_10_percent"
    | "average_max_encoder_cosine_sim"
    | "average_max_decoder_cosine_sim"
    | "frac_alive"
  >;
}

type Numbers<Name extends string> = Readonly<Record<Name, number>>;

/** One latent in SAEBench's core result. */
export interface SaeBenchCoreDetail {
  readonly index: number;
  readonly feature_density: number;
  readonly consistent_activation_heuristic: number;
  readonly encoder_bias: number;
  readonly encoder_norm: number;
  readonly encoder_decoder_cosine_sim: number;
  readonly max_decoder_cosine_sim: number;
  readonly max_encoder_cosine_sim: number;
}

/** What stands beside SAEBench's numbers: the explained variance that is one, and what the −1 are. */
export interface SaeBenchCoreExtras {
  readonly plumbline: {
    readonly version: 1;
    readonly explained_variance: { readonly id: string; readonly value: number | null };
    readonly n_tokens: number;
    /** why a number is −1, by `category.name` */
    readonly missing: Readonly<Record<string, string>>;
  };
}

/** The JSON object of SAEBench's core evaluation. */
export interface SaeBenchCoreResult {
  readonly eval_type_id: "core";
  readonly eval_config: SaeBenchCoreConfig;
  readonly eval_id: string;
  readonly datetime_epoch_millis: number;
  readonly eval_result_metrics: SaeBenchCoreMetrics;
  readonly eval_result_details: readonly SaeBenchCoreDetail[];
  readonly sae_bench_commit_hash: string;
  readonly sae_lens_id: string | null;
  readonly sae_lens_release_id: string | null;
  readonly sae_lens_version: string | null;
  readonly sae_cfg_dict: Readonly<Record<string, unknown>> | null;
  readonly eval_result_unstructured: SaeBenchCoreExtras;
}

/** Defaults of SAEBench's `CoreEvalConfig`. */
export const defaultCoreConfig: SaeBenchCoreConfig = Object.freeze({
  model_name: "",
  llm_dtype: "float32",
  batch_size_prompts: 16,
  n_eval_reconstruction_batches: 10,
  n_eval_sparsity_variance_batches: 1,
  dataset: "Skylion007/openwebtext",
  context_size: 128,
  compute_kl: false,
  compute_ce_loss: false,
  compute_l2_norms: false,
  compute_sparsity_metrics: false,
  compute_variance_metrics: false,
  compute_featurewise_density_statistics: false,
  compute_featurewise_weight_based_metrics: false,
  exclude_special_tokens_from_reconstruction: false,
  verbose: false,
});

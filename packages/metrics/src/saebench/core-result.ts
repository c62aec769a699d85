import { PlumblineError } from "@plumbline/core";
import { reconstructionDefinitions } from "../reconstruction/definitions.ts";
import type { PeerReconstructionResult } from "../reconstruction/peer-variants.ts";
import type { ReconstructionResult } from "../reconstruction/reconstruction.ts";
import type { PeerSparsityResult } from "../sparsity/peer-sparsity.ts";
import type { SparsityResult } from "../sparsity/sparsity.ts";
import type { MetricValue } from "../values/metric-value.ts";
import { coreDetails } from "./core-details.ts";
import {
  defaultCoreConfig,
  type SaeBenchCoreConfig,
  type SaeBenchCoreMetrics,
  type SaeBenchCoreResult,
} from "./core-schema.ts";
import type { SaeBenchWeightStatistics } from "./weight-statistics.ts";

/** Losses of a language model with the SAE in it, in nats, means over tokens; left out where no model was run. */
export interface SaeBenchModelMetrics {
  readonly klDivergence?: SaeBenchCoreMetrics["model_behavior_preservation"];
  readonly crossEntropy?: SaeBenchCoreMetrics["model_performance_preservation"];
  /** tokens that these are means over */
  readonly nTokens: number;
}

/** What `saeBenchCoreResult` puts together. */
export interface SaeBenchCoreOptions {
  /** a UUID */
  readonly evalId: string;
  /** 0..9999999999999 */
  readonly datetimeEpochMillis: number;
  /** `custom_sae` unless told otherwise, which is what SAEBench calls an SAE that is not from SAELens */
  readonly saeId?: string;
  readonly releaseId: string | null;
  /** configuration of the SAE, as SAELens has it */
  readonly saeConfig?: Readonly<Record<string, unknown>> | null;
  readonly saeLensVersion?: string | null;
  readonly saeBenchCommitHash?: string;
  /** settings of the evaluation; SAEBench's defaults otherwise, with `compute_…` saying what was measured here */
  readonly config?: Partial<SaeBenchCoreConfig>;
  readonly reconstruction: ReconstructionResult;
  /** of the same tokens, in the batches that SAEBench would take */
  readonly peerReconstruction: PeerReconstructionResult;
  readonly sparsity: SparsityResult;
  readonly peerSparsity: PeerSparsityResult;
  /** from `saeBenchWeightStatistics`; left out, these numbers are −1 */
  readonly weights?: SaeBenchWeightStatistics;
  readonly model?: SaeBenchModelMetrics;
}

/** SAEBench's number for "not a number"; its schema has no null. */
const missingNumber = -1;
const latestTime = 9_999_999_999_999;

function checkOptions(options: SaeBenchCoreOptions): void {
  const { datetimeEpochMillis: time, reconstruction, peerReconstruction, sparsity, peerSparsity } = options;
  const counts = [reconstruction, peerReconstruction, sparsity, peerSparsity].map(({ nTokens }) => nTokens);
  const problem = !(Number.isSafeInteger(time) && time >= 0 && time <= latestTime)
    ? `expected datetimeEpochMillis to be an integer in 0..${latestTime}, got ${time}`
    : counts.some((count) => count !== counts[0])
      ? `expected four results over the same tokens, got ${counts.join(", ")} tokens`
      : undefined;
  if (problem === undefined) return;
  throw new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[metrics] saeBenchCoreResult(): ${problem}`,
  });
}

/** Turns values into numbers, −1 where there is none, and keeps the reasons by name. */
function createNumbers() {
  const missing: Record<string, string> = {};
  return {
    missing,
    of: <Name extends string>(
      category: string,
      values: Readonly<Record<Name, MetricValue | undefined>>,
    ): Record<Name, number> => {
      const entries = Object.entries(values) as [Name, MetricValue | undefined][];
      return Object.fromEntries(
        entries.map(([name, value]) => {
          if (value !== undefined && value.value !== null) return [name, value.value];
          missing[`${category}.${name}`] = value === undefined ? "not measured" : value.reason;
          return [name, missingNumber];
        }),
      ) as Record<Name, number>;
    },
  };
}

type Values<Category extends keyof SaeBenchCoreMetrics> = Readonly<
  Record<keyof SaeBenchCoreMetrics[Category], MetricValue | undefined>
>;

function values<Name extends string>(
  names: readonly Name[],
  numbers: Readonly<Record<Name, number>> | undefined,
): Record<Name, MetricValue | undefined> {
  return Object.fromEntries(
    names.map((name) => [name, numbers === undefined ? undefined : numberOrMissing(numbers[name])]),
  ) as Record<Name, MetricValue | undefined>;
}

function numberOrMissing(value: number): MetricValue {
  return Number.isFinite(value) ? { value } : { value: null, reason: `it was ${value}` };
}

function meanOf(numbers: Float32Array | undefined): MetricValue | undefined {
  return numbers === undefined
    ? undefined
    : numberOrMissing(numbers.reduce((a, b) => a + b, 0) / numbers.length);
}

function reconstructionValues({
  peerReconstruction: peer,
}: SaeBenchCoreOptions): Values<"reconstruction_quality"> {
  return {
    explained_variance: peer.explainedVarianceSaeLens618,
    explained_variance_legacy: peer.explainedVarianceLegacy,
    mse: peer.squaredErrorSaeLens618,
    cossim: peer.cosineSaeLens,
  };
}

function shrinkageValues(options: SaeBenchCoreOptions): Values<"shrinkage"> {
  const { reconstruction, peerReconstruction } = options;
  return {
    l2_norm_in: reconstruction.inputNorm,
    l2_norm_out: reconstruction.outputNorm,
    l2_ratio: peerReconstruction.l2RatioSaeLens,
    relative_reconstruction_bias: peerReconstruction.relativeReconstructionBiasPerBatch,
  };
}

function miscValues({ peerSparsity: peer, weights }: SaeBenchCoreOptions): Values<"misc_metrics"> {
  return {
    freq_over_1_percent: peer.freqOver1PercentSaeBench,
    freq_over_10_percent: peer.freqOver10PercentSaeBench,
    normalized_freq_over_1_percent: peer.normalizedFreqOver1PercentSaeBench,
    normalized_freq_over_10_percent: peer.normalizedFreqOver10PercentSaeBench,
    average_max_encoder_cosine_sim: meanOf(weights?.maxEncoderCosine),
    average_max_decoder_cosine_sim: meanOf(weights?.maxDecoderCosine),
    frac_alive: peer.fracAliveSaeBench,
  };
}

const klNames = ["kl_div_score", "kl_div_with_ablation", "kl_div_with_sae"] as const;
const ceNames = [
  "ce_loss_score",
  "ce_loss_with_ablation",
  "ce_loss_with_sae",
  "ce_loss_without_sae",
] as const;

function configOf({ config, weights, model }: SaeBenchCoreOptions): SaeBenchCoreConfig {
  return {
    ...defaultCoreConfig,
    compute_kl: model?.klDivergence !== undefined,
    compute_ce_loss: model?.crossEntropy !== undefined,
    compute_l2_norms: true,
    compute_sparsity_metrics: true,
    compute_variance_metrics: true,
    compute_featurewise_density_statistics: true,
    compute_featurewise_weight_based_metrics: weights !== undefined,
    ...config,
  };
}

/**
 * The result of SAEBench's `core` evaluation, as the plain JSON object that its files hold, from what was measured here: for
 * tools that read SAEBench's files. Key names, defaults and defects are SAEBench's: `explained_variance` is its formula, which
 * is no explained variance, and the one to report stands in `eval_result_unstructured.plumbline.explained_variance`.
 *
 * SAEBench writes −1 for a number that is NaN. Its schema has no null, so that −1 also stands for what was not measured here,
 * such as losses without a model; `eval_result_unstructured.plumbline.missing` says which those are and why. Token counts are
 * of the tokens measured; SAEBench's own count the masked ones too.
 *
 * @returns plain data, the same for the same options: time and id are options
 * @throws PlumblineError `bad-option` for a time outside its range, or results over different numbers of tokens
 * @source SAEBench 0.6.0, `evals/core`; agrees with files that it wrote, in `fixtures/golden-metrics`, to 1e-6
 * @example
 * import {
 *   createPeerReconstructionMetrics,
 *   createPeerSparsityMetrics,
 *   createReconstructionMetrics,
 *   createSparsityMetrics,
 *   saeBenchCoreResult,
 * } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const batch = { x: Float32Array.of(1, 3), xHat: Float32Array.of(1, 2) };
 * const latents = sparseFromDense(batch.xHat, { nRows: 2, dSae: 1 });
 * const reconstruction = createReconstructionMetrics({ dIn: 1 });
 * const peerReconstruction = createPeerReconstructionMetrics({ dIn: 1 });
 * const sparsity = createSparsityMetrics({ dSae: 1 });
 * const peerSparsity = createPeerSparsityMetrics({ dSae: 1 });
 * reconstruction.add(batch);
 * peerReconstruction.add(batch);
 * sparsity.add(latents);
 * peerSparsity.add({ latents });
 * const result = saeBenchCoreResult({
 *   evalId: "00000000-0000-4000-8000-000000000000",
 *   datetimeEpochMillis: 0,
 *   releaseId: "mine",
 *   reconstruction: reconstruction.result(),
 *   peerReconstruction: peerReconstruction.result(),
 *   sparsity: sparsity.result(),
 *   peerSparsity: peerSparsity.result(),
 * });
 * console.log(result.eval_result_metrics.sparsity); // { l0: 1, l1: 1.5 }
 */
export function saeBenchCoreResult(options: SaeBenchCoreOptions): SaeBenchCoreResult {
  checkOptions(options);
  const { reconstruction, sparsity, peerSparsity, weights, model } = options;
  const { of, missing } = createNumbers();
  const { nTokens } = reconstruction;
  const nTokensModel: MetricValue | undefined = model === undefined ? undefined : { value: model.nTokens };
  const metrics: SaeBenchCoreMetrics = {
    model_behavior_preservation: of("model_behavior_preservation", values(klNames, model?.klDivergence)),
    model_performance_preservation: of(
      "model_performance_preservation",
      values(ceNames, model?.crossEntropy),
    ),
    reconstruction_quality: of("reconstruction_quality", reconstructionValues(options)),
    shrinkage: of("shrinkage", shrinkageValues(options)),
    sparsity: of("sparsity", { l0: sparsity.l0.mean, l1: peerSparsity.l1SaeLens }),
    token_stats: of("token_stats", {
      total_tokens_eval_reconstruction: nTokensModel,
      total_tokens_eval_sparsity_variance: { value: nTokens },
    }),
    misc_metrics: of("misc_metrics", miscValues(options)),
  };
  return {
    eval_type_id: "core",
    eval_config: configOf(options),
    eval_id: options.evalId,
    datetime_epoch_millis: options.datetimeEpochMillis,
    eval_result_metrics: metrics,
    eval_result_details: coreDetails(peerSparsity, weights),
    sae_bench_commit_hash: options.saeBenchCommitHash ?? "Unknown",
    sae_lens_id: options.saeId ?? "custom_sae",
    sae_lens_release_id: options.releaseId,
    sae_lens_version: options.saeLensVersion ?? null,
    sae_cfg_dict: options.saeConfig ?? null,
    eval_result_unstructured: {
      plumbline: {
        version: 1,
        explained_variance: {
          id: reconstructionDefinitions.explainedVariance.id,
          value: reconstruction.explainedVariance.value,
        },
        n_tokens: nTokens,
        missing,
      },
    },
  };
}

/**
 * Name of the file that SAEBench writes a result to, and looks for before it evaluates an SAE again.
 *
 * @example
 * import { saeBenchFileName } from "@plumbline/metrics";
 *
 * console.log(saeBenchFileName({ releaseId: "mine", saeId: "layer_8/topk" })); // mine_layer_8_topk_eval_results.json
 */
export function saeBenchFileName(options: { readonly releaseId: string; readonly saeId: string }): string {
  return `${options.releaseId}_${options.saeId}_eval_results.json`.replaceAll("/", "_");
}

import { builtInArchitectures, presets } from "@plumbline/architectures";
import type { Architecture, JsonObject } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Golden } from "./golden.ts";

/** How a reference run is made with our architectures: a preset, and the settings that the recorded run made smaller. */
export interface ParityCase {
  readonly preset: string;
  readonly settings: (golden: Golden) => JsonObject;
  /** of final parameters, absolute; the fixture's own `sensitivity` to rounding is some hundred times smaller */
  readonly finalTolerance?: number;
}

/** The architecture of a preset with some settings replaced. */
export function architectureOf({ preset, settings }: ParityCase, golden: Golden): Architecture<Tensor> {
  const { dIn, dSae, nSteps } = golden.shape;
  const { name, ...config } = presets().get(preset).recipe({ dIn, dSae, nSteps }).architecture;
  const factory = builtInArchitectures.find((candidate) => candidate.architectureName === name);
  if (factory === undefined) throw new Error(`no architecture is named ${name}`);
  return factory({ ...config, ...settings(golden) });
}

const number = (golden: Golden, key: string): number => Number(golden.settings[key]);
const nothing = (): JsonObject => ({});

/** dictionary_learning counts tokens; the runs lower its ten million. */
const dlTopK = (golden: Golden): JsonObject => {
  const deadAfterTokens = golden.trainerAttributesPatched?.dead_feature_threshold;
  return {
    k: number(golden, "k"),
    auxkCoefficient: Number(golden.settings.auxk_alpha ?? 1 / 32),
    ...(deadAfterTokens === undefined ? {} : { deadAfterTokens }),
  };
};
const dlBatchTopK = (golden: Golden): JsonObject => ({
  ...dlTopK(golden),
  thresholdDecay: number(golden, "threshold_beta"),
  // It updates from the step after `threshold_start_step`, counted from 0.
  thresholdAfterBatches: number(golden, "threshold_start_step") + 1,
});

/** SAELens counts steps: dead after more than a window of them. */
const window = (golden: Golden): JsonObject => ({
  deadAfterTokens: (Number(golden.trainer?.dead_feature_window) + 1) * golden.shape.batchSize,
});
const lensTopK = (golden: Golden): JsonObject => ({
  ...window(golden),
  k: number(golden, "k"),
  auxkCoefficient: number(golden, "aux_loss_coefficient"),
  rankByDecoderNorm: golden.settings.rescale_acts_by_decoder_norm !== false,
});
const lensBatchTopK = (golden: Golden): JsonObject => ({
  ...lensTopK(golden),
  thresholdDecay: 1 - number(golden, "topk_threshold_lr"),
});
const lensJumpRelu = (golden: Golden): JsonObject => ({
  ...window(golden),
  bandwidth: number(golden, "jumprelu_bandwidth"),
  preActCoefficient: Number(golden.settings.pre_act_loss_coefficient ?? 0),
});

export const parityCases: Readonly<Record<string, ParityCase>> = {
  "dictionary-learning-standard": { preset: "dictionary-learning/standard", settings: nothing },
  "dictionary-learning-standard-april": { preset: "dictionary-learning/standard-april", settings: nothing },
  "dictionary-learning-p-anneal-lp-p": {
    preset: "dictionary-learning/p-anneal",
    settings: () => ({ sparsityFunction: "lp-power" }),
  },
  "dictionary-learning-p-anneal-lp": { preset: "dictionary-learning/p-anneal", settings: nothing },
  "dictionary-learning-gated": { preset: "dictionary-learning/gated", settings: nothing },
  "dictionary-learning-gated-anneal": {
    preset: "dictionary-learning/gated-anneal",
    settings: nothing,
    finalTolerance: 1e-4,
  },
  "dictionary-learning-topk": { preset: "dictionary-learning/topk", settings: dlTopK },
  "dictionary-learning-topk-auxk": { preset: "dictionary-learning/topk", settings: dlTopK },
  "dictionary-learning-topk-k-anneal": {
    preset: "dictionary-learning/topk",
    settings: (golden) => ({ ...dlTopK(golden), annealK: true }),
  },
  "dictionary-learning-batch-topk": { preset: "dictionary-learning/batch-topk", settings: dlBatchTopK },
  "dictionary-learning-jumprelu": {
    preset: "dictionary-learning/jumprelu",
    settings: (golden) => ({ bandwidth: number(golden, "bandwidth"), targetL0: number(golden, "target_l0") }),
  },
  "dictionary-learning-matryoshka-batch-topk": {
    preset: "dictionary-learning/matryoshka-batch-topk",
    settings: (golden) => {
      const groupFractions = golden.settings.group_fractions as number[];
      const prefixWeights = groupFractions.map(() => 1 / groupFractions.length ** 2);
      return { ...dlBatchTopK(golden), groupFractions, prefixWeights };
    },
  },
  "saelens-standard": { preset: "saelens/standard", settings: window },
  "saelens-gated": { preset: "saelens/gated", settings: window },
  "saelens-topk": { preset: "saelens/topk", settings: lensTopK },
  "saelens-topk-rescaled": { preset: "saelens/topk", settings: lensTopK },
  "saelens-batch-topk": { preset: "saelens/batch-topk", settings: lensBatchTopK },
  "saelens-jumprelu-step": { preset: "saelens/jumprelu", settings: lensJumpRelu },
  "saelens-jumprelu-tanh": {
    preset: "saelens/jumprelu",
    settings: (golden) => ({ ...lensJumpRelu(golden), penalty: "tanh" }),
  },
  "saelens-matryoshka-batch-topk": {
    preset: "saelens/matryoshka-batch-topk",
    settings: (golden) => {
      const widths = golden.settings.matryoshka_widths as number[];
      const sizes = widths.map((width, i) => width - (widths[i - 1] ?? 0));
      return {
        ...lensBatchTopK(golden),
        groupFractions: sizes.map((size) => size / golden.shape.dSae),
        prefixWeights: sizes.map(() => 1),
      };
    },
  },
};

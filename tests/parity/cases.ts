import {
  batchTopK,
  gated,
  gatedAnneal,
  jumpRelu,
  matryoshkaBatchTopK,
  pAnneal,
  relu,
  topK,
} from "@plumbline/architectures";
import type { Architecture } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Golden } from "./golden.ts";

/** How a reference run is made with our architectures, and why a tolerance is what it is. */
export interface ParityCase {
  readonly architecture: (golden: Golden) => Architecture<Tensor>;
  /** of final parameters, absolute; the fixture's own `sensitivity` to rounding is some hundred times smaller */
  readonly finalTolerance?: number;
}

const number = (golden: Golden, key: string): number => Number(golden.settings[key]);
const patched = (golden: Golden): { deadAfterTokens?: number } => {
  const tokens = golden.trainerAttributesPatched?.dead_feature_threshold;
  return tokens === undefined ? {} : { deadAfterTokens: tokens };
};

/** dictionary_learning: tokens, decoder rows of norm 1, threshold from its first value. */
const dlAuxk = (golden: Golden) => ({
  k: number(golden, "k"),
  auxkCoefficient: Number(golden.settings.auxk_alpha ?? 1 / 32),
  ...patched(golden),
});
const dlThreshold = (golden: Golden) => ({
  thresholdDecay: number(golden, "threshold_beta"),
  // It updates from the step after `threshold_start_step`, counted from 0.
  thresholdAfterBatches: number(golden, "threshold_start_step") + 1,
  thresholdAverage: "first-value" as const,
});

/** SAELens: free rows, dead after more than a window of steps. */
const lens = (golden: Golden) => ({
  decoderRows: "free" as const,
  deadAfterTokens: (Number(golden.trainer?.dead_feature_window) + 1) * golden.shape.batchSize,
});
const lensAuxk = (golden: Golden) => ({
  ...lens(golden),
  k: number(golden, "k"),
  auxkCoefficient: number(golden, "aux_loss_coefficient"),
  auxkForm: "scaled-with-bias-defect" as const,
  rankByDecoderNorm: golden.settings.rescale_acts_by_decoder_norm !== false,
});
const lensThreshold = (golden: Golden) => ({
  thresholdDecay: 1 - number(golden, "topk_threshold_lr"),
  thresholdAverage: "from-zero-defect" as const,
});
const lensJumpRelu = (golden: Golden) => ({
  ...lens(golden),
  thresholdForm: "log" as const,
  bandwidth: number(golden, "jumprelu_bandwidth"),
  preActCoefficient: Number(golden.settings.pre_act_loss_coefficient ?? 0),
});

export const parityCases: Readonly<Record<string, ParityCase>> = {
  "dictionary-learning-standard": { architecture: () => relu() },
  "dictionary-learning-standard-april": { architecture: () => relu({ decoderRows: "free" }) },
  "dictionary-learning-p-anneal-lp-p": { architecture: () => pAnneal() },
  "dictionary-learning-p-anneal-lp": { architecture: () => pAnneal({ sparsityFunction: "lp-norm" }) },
  "dictionary-learning-gated": { architecture: () => gated({ beta1: 0 }) },
  "dictionary-learning-gated-anneal": { architecture: () => gatedAnneal({ beta1: 0 }), finalTolerance: 1e-4 },
  "dictionary-learning-topk": { architecture: (golden) => topK(dlAuxk(golden)) },
  "dictionary-learning-topk-auxk": { architecture: (golden) => topK(dlAuxk(golden)) },
  "dictionary-learning-topk-k-anneal": {
    architecture: (golden) => topK({ ...dlAuxk(golden), annealK: true }),
  },
  "dictionary-learning-batch-topk": {
    architecture: (golden) => batchTopK({ ...dlAuxk(golden), ...dlThreshold(golden) }),
  },
  "dictionary-learning-jumprelu": {
    architecture: (golden) =>
      jumpRelu({
        beta1: 0,
        bandwidth: number(golden, "bandwidth"),
        targetL0: number(golden, "target_l0"),
        counts: "latents-defect",
        subtractDecoderBias: false,
      }),
  },
  "dictionary-learning-matryoshka-batch-topk": {
    architecture: (golden) => {
      const groupFractions = golden.settings.group_fractions as number[];
      const n = groupFractions.length;
      return matryoshkaBatchTopK({
        ...dlAuxk(golden),
        ...dlThreshold(golden),
        groupFractions,
        // Weights 1 / G, and then a mean over groups.
        prefixWeights: groupFractions.map(() => 1 / n ** 2),
      });
    },
  },
  "saelens-standard": { architecture: (golden) => relu(lens(golden)) },
  "saelens-gated": {
    architecture: (golden) => gated({ ...lens(golden), auxiliaryDecoder: "trained-defect" }),
  },
  "saelens-topk": { architecture: (golden) => topK(lensAuxk(golden)) },
  "saelens-topk-rescaled": { architecture: (golden) => topK(lensAuxk(golden)) },
  "saelens-batch-topk": {
    architecture: (golden) => batchTopK({ ...lensAuxk(golden), ...lensThreshold(golden) }),
  },
  "saelens-jumprelu-step": {
    architecture: (golden) => jumpRelu({ ...lensJumpRelu(golden), penalty: "step" }),
  },
  "saelens-jumprelu-tanh": {
    architecture: (golden) => jumpRelu({ ...lensJumpRelu(golden), penalty: "tanh" }),
  },
  "saelens-matryoshka-batch-topk": {
    architecture: (golden) => {
      const widths = golden.settings.matryoshka_widths as number[];
      const sizes = widths.map((width, i) => width - (widths[i - 1] ?? 0));
      return matryoshkaBatchTopK({
        ...lensAuxk(golden),
        ...lensThreshold(golden),
        groupFractions: sizes.map((size) => size / golden.shape.dSae),
        prefixWeights: sizes.map(() => 1),
      });
    },
  },
};

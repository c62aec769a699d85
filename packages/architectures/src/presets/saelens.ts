import { constantCurve, type Preset, type Recipe } from "./preset.ts";

/** Free decoder rows of norm 0.1 at first, encoder equal to the decoder, dead after more than 1000 steps of 4096 tokens. */
const common = { decoderRows: "free", decoderInit: 0.1, deadAfterTokens: 1001 * 4096 } as const;

const auxk = { auxkCoefficient: 1, auxkForm: "scaled-with-bias-defect", rankByDecoderNorm: true } as const;

const threshold = { thresholdDecay: 0.99, thresholdAverage: "from-zero-defect" } as const;

function preset(
  name: string,
  description: string,
  architecture: Recipe["architecture"],
  coefficient?: number,
): Preset {
  const recipe: Recipe = {
    architecture,
    trainer: { batchSize: 4096, clipNorm: 1, inputScale: "none" },
    schedules: {
      lr: constantCurve(3e-4),
      ...(coefficient === undefined ? {} : { sparsityCoefficient: constantCurve(coefficient) }),
    },
  };
  return Object.freeze({
    specVersion: 1 as const,
    name: `saelens/${name}`,
    description,
    recipe: () => recipe,
  });
}

/** Recipes of SAELens 6.18, at the defaults of its training configurations. */
export const saelensPresets: readonly Preset[] = [
  preset("standard", "ReLU with L1 weighted by free decoder norms", { name: "relu", ...common }, 1),
  preset(
    "gated",
    "gated, L1 on gates weighted by free decoder norms, auxiliary decoder trained",
    { name: "gated", ...common, auxiliaryDecoder: "trained-defect" },
    1,
  ),
  preset("topk", "TopK of latents times decoder norms, AuxK with the decoder bias", {
    name: "topk",
    ...common,
    ...auxk,
    k: 100,
  }),
  preset("batch-topk", "BatchTopK of latents times decoder norms, threshold averaged from 0", {
    name: "batch-topk",
    ...common,
    ...auxk,
    ...threshold,
    k: 100,
  }),
  preset("matryoshka-batch-topk", "nested prefixes of weight 1 each, BatchTopK over all", {
    name: "matryoshka-batch-topk",
    ...common,
    ...auxk,
    ...threshold,
    k: 100,
    groupFractions: [1],
    prefixWeights: [1],
  }),
  preset(
    "jumprelu",
    "JumpReLU, log thresholds, Σ of steps over thresholds",
    {
      name: "jumprelu",
      ...common,
      penalty: "step",
      thresholdForm: "log",
      thresholdInit: 0.01,
      bandwidth: 0.05,
    },
    1,
  ),
];

import type { JsonObject } from "@plumbline/core";
import { type Preset, type PresetShape, type Recipe, rampFromZero } from "./preset.ts";

/** Steps of the learning rate's warmup, and of a penalty's, or all steps where training is shorter. */
const warmup = (shape: PresetShape, steps: number): number => Math.min(steps, shape.nSteps);

function recipe(
  shape: PresetShape,
  options: {
    architecture: Recipe["architecture"];
    lr: number;
    clip: boolean;
    schedules?: Recipe["schedules"];
  },
): Recipe {
  return {
    architecture: options.architecture,
    trainer: { batchSize: 2048, clipNorm: options.clip ? 1 : "none", inputScale: "unit" },
    schedules: { lr: rampFromZero(options.lr, warmup(shape, 1000)), ...options.schedules },
  };
}

/** lr of its TopK family: `2e-4 / √(dSae / 2^14)`. */
const scaledRate = ({ dSae }: PresetShape): number => 2e-4 / Math.sqrt(dSae / 2 ** 14);

/** AuxK at weight 1/32, dead after ten million tokens: what its TopK family shares. */
const auxk = { auxkCoefficient: 1 / 32, auxkForm: "normalized" } as const;

const threshold = {
  thresholdDecay: 0.999,
  thresholdAfterBatches: 1001,
  thresholdAverage: "first-value",
} as const;

function annealing(shape: PresetShape): JsonObject {
  return {
    coefficient: 0.1,
    pStart: 1,
    // Its own default of 0 divides by zero; 0.2 is what its benchmark recipe uses.
    pEnd: 0.2,
    start: Math.min(15_000, Math.floor(shape.nSteps / 2)),
    end: shape.nSteps,
    nUpdates: 10,
    queueLength: 10,
    warmupSteps: warmup(shape, 2000),
  };
}

function preset(name: string, description: string, make: (shape: PresetShape) => Recipe): Preset {
  return Object.freeze({
    specVersion: 1 as const,
    name: `dictionary-learning/${name}`,
    description,
    recipe: make,
  });
}

/** Recipes of dictionary_learning (saprmarks), at the defaults of its trainers. */
export const dictionaryLearningPresets: readonly Preset[] = [
  preset("standard", "ReLU with L1, unit decoder rows, no clipping", (shape) =>
    recipe(shape, {
      architecture: { name: "relu", decoderRows: "unit" },
      lr: 1e-3,
      clip: false,
      schedules: { sparsityCoefficient: rampFromZero(0.1, warmup(shape, 2000)) },
    }),
  ),
  preset("standard-april", "ReLU with L1 weighted by free decoder norms, clipped", (shape) =>
    recipe(shape, {
      architecture: { name: "relu", decoderRows: "free", decoderInit: 0.1 },
      lr: 1e-3,
      clip: true,
      schedules: { sparsityCoefficient: rampFromZero(0.1, warmup(shape, 2000)) },
    }),
  ),
  preset("p-anneal", "ReLU under an annealed p-norm, unit decoder rows, no clipping", (shape) =>
    recipe(shape, {
      architecture: { name: "p-anneal", sparsityFunction: "lp-norm" },
      lr: 1e-3,
      clip: false,
      schedules: { "p-annealing": annealing(shape) },
    }),
  ),
  preset("gated", "gated with a frozen auxiliary decoder, unit rows, Adam without momentum", (shape) =>
    recipe(shape, {
      architecture: { name: "gated", beta1: 0, auxiliaryDecoder: "frozen" },
      lr: 5e-5,
      clip: false,
      schedules: { sparsityCoefficient: rampFromZero(0.1, warmup(shape, 2000)) },
    }),
  ),
  preset("gated-anneal", "gated under an annealed Σ latents^p, unit rows, Adam without momentum", (shape) =>
    recipe(shape, {
      architecture: { name: "gated-anneal", beta1: 0, sparsityFunction: "lp-power" },
      lr: 3e-4,
      clip: false,
      schedules: { "p-annealing": annealing(shape) },
    }),
  ),
  preset("topk", "TopK with AuxK, unit decoder rows", (shape) =>
    recipe(shape, { architecture: { name: "topk", ...auxk }, lr: scaledRate(shape), clip: true }),
  ),
  preset("batch-topk", "BatchTopK with AuxK, threshold from step 1001 on", (shape) =>
    recipe(shape, {
      architecture: { name: "batch-topk", ...auxk, ...threshold },
      lr: scaledRate(shape),
      clip: true,
    }),
  ),
  preset("matryoshka-batch-topk", "nested groups, weights 1/G followed by a mean over groups", (shape) => {
    const groupFractions = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 17 / 32];
    return recipe(shape, {
      architecture: {
        name: "matryoshka-batch-topk",
        ...auxk,
        ...threshold,
        groupFractions,
        prefixWeights: groupFractions.map(() => 1 / groupFractions.length ** 2),
      },
      lr: scaledRate(shape),
      clip: true,
    });
  }),
  preset("jumprelu", "JumpReLU towards a target L0, L0 counted on latents, Adam without momentum", (shape) =>
    recipe(shape, {
      architecture: {
        name: "jumprelu",
        beta1: 0,
        penalty: "target",
        targetL0: 20,
        counts: "latents-defect",
        bandwidth: 0.001,
        thresholdInit: 0.001,
        subtractDecoderBias: false,
      },
      lr: 7e-5,
      clip: true,
      schedules: { sparsityCoefficient: rampFromZero(1, warmup(shape, 2000)) },
    }),
  ),
];

import type { SyntheticOptions } from "./synthetic-options.ts";

/**
 * The settings of SynthSAEBench-16k, second version: 16,384 latents on 768 dimensions, some 34 of them on a token.
 *
 * The settings are the benchmark's, the numbers drawn from them are not: its published directions come from another
 * generator, and are pushed apart in 100 Adam steps. Here `orthogonalizationSteps` is 0: random directions of this number
 * already reach the mean largest overlap of 0.15 that the benchmark states. Scores are comparable among SAEs trained
 * here, and near to, but not the same as, the benchmark's.
 *
 * @source Chanin et al., arXiv 2602.14687, and its published configuration in SAELens
 * @example
 * import { syntheticActivations, synthSaeBench16k } from "@plumbline/testing";
 *
 * const small = syntheticActivations({ ...synthSaeBench16k, nLatents: 1000, dIn: 48, seed: 1 });
 * console.log(small.batch({ step: 0, batchSize: 10 }).rows.length); // 480
 */
export const synthSaeBench16k: Omit<SyntheticOptions, "seed"> = Object.freeze({
  nLatents: 16_384,
  dIn: 768,
  firing: { exponent: 0.5, largest: 0.4, smallest: 5e-4 },
  hierarchy: {
    nRoots: 128,
    branching: 4,
    depth: 3,
    mutuallyExclusive: true,
    scaleChildrenByParent: true,
    compensate: true,
  },
  correlation: { rank: 25, scale: 0.1 },
  meanAmplitude: { first: 5, last: 4 },
  amplitudeDeviation: { mean: 0.5, deviation: 0.5 },
  biasNorm: 0.5,
});

import { batchTopK } from "@plumbline/architectures";
import type { Architecture } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Passes over all rows that a meta latent may be silent for before an auxiliary loss revives it. */
const deadAfterPasses = 50;

/** The architecture of a meta SAE over `dSae` decoder rows, where none is named. */
export function defaultMeta(k: number, dSae: number): Architecture<Tensor> {
  return batchTopK({
    k,
    // The threshold is needed from the first round on, and rows change slowly.
    thresholdAfterBatches: 0,
    thresholdDecay: 0.9,
    auxkCoefficient: 1 / 32,
    deadAfterTokens: deadAfterPasses * dSae,
  });
}

import type { AdamConstants } from "@plumbline/core";

/** Adam as torch has it by default, and with it dictionary_learning and SAELens. */
export const defaultAdam: AdamConstants = Object.freeze({
  kind: "adam",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
});

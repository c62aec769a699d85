import type { Named, NamedArray } from "@plumbline/core";
import { detach, type TensorMap } from "@plumbline/ops";
import {
  add,
  cast,
  div,
  greater,
  max,
  min,
  minimum,
  mul,
  ones,
  reshape,
  scalar,
  step,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { z } from "zod";
import { named } from "./parameters.ts";

/** Configuration keys of the inference threshold that batch rules estimate. */
export interface ThresholdConfig {
  /** share of the old average kept at each update */
  readonly thresholdDecay: number;
  /** batches before the first update */
  readonly thresholdAfterBatches: number;
  /**
   * How the average starts. `corrected`: divided by the weight that it has gathered, right from the first update on;
   * `first-value`: from the first batch's value (dictionary_learning); `from-zero-defect`: from 0 and uncorrected, too small for
   * hundreds of batches (SAELens).
   */
  readonly thresholdAverage: "corrected" | "first-value" | "from-zero-defect";
}

/** Schemas of {@link ThresholdConfig}, to be spread into an architecture's own. */
export const thresholdFields: { readonly [K in keyof ThresholdConfig]: z.ZodType<ThresholdConfig[K]> } = {
  thresholdDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe("share of the old average kept at each update"),
  thresholdAfterBatches: z
    .int()
    .min(0)
    .default(0)
    .describe("batches before the first update of the threshold"),
  thresholdAverage: z
    .enum(["corrected", "first-value", "from-zero-defect"])
    .default("corrected")
    .describe(
      "corrected: right from the first update; first-value: dictionary_learning; from-zero-defect: SAELens",
    ),
};

/**
 * Buffers: the usable threshold, its running average, how many batches there were, and the weight that the average has
 * gathered: `1 − decay^updates`, summed as the average is, so that their quotient is exact for a constant value.
 */
export function thresholdBuffers(): Named<NamedArray> {
  return {
    threshold: { shape: [1], data: new Float32Array(1) },
    thresholdAverage: { shape: [1], data: new Float32Array(1) },
    batches: { shape: [1], data: new Int32Array(1) },
    thresholdWeight: { shape: [1], data: new Float32Array(1) },
  };
}

/** Stands in for "no positive latent" in a minimum. */
const noPositive = 1e30;

/** The smallest positive entry, `[1]`, and whether there is one, 1 or 0. */
function smallestPositive(latents_BF: Tensor2D): { value: Tensor; exists: Tensor } {
  const silent_BF = mul(sub(1, step(latents_BF)), noPositive);
  const value = reshape(min(add(latents_BF, silent_BF)), [1]);
  return { value: minimum(value, noPositive), exists: reshape(step(max(latents_BF)), [1]) };
}

/**
 * Updates the estimate of the threshold that gives at inference, token by token, what the batch rule gave in training: an
 * average over batches of the smallest kept latent.
 *
 * @param latents_BF what the batch rule kept
 * @returns the next buffers; batches without a positive latent leave the estimate alone
 */
export function nextThreshold(config: ThresholdConfig, buffers: TensorMap, latents_BF: Tensor2D): TensorMap {
  const { thresholdDecay: decay, thresholdAverage, thresholdAfterBatches } = config;
  const { value, exists } = smallestPositive(detach(latents_BF) as Tensor2D);
  const batches = named(buffers, "batches");
  const started = cast(greater(batches, scalar(thresholdAfterBatches - 1, "int32")), "float32");
  const due = mul(exists, started);
  const before = named(buffers, "thresholdWeight");
  const average = named(buffers, "thresholdAverage");
  const isFirst = sub(1, step(before));
  // The share of the new value: all of it at the first update where the average starts from there.
  const share = thresholdAverage === "first-value" ? add(mul(isFirst, decay), 1 - decay) : scalar(1 - decay);
  const moved = add(average, mul(mul(due, share), sub(value, average)));
  const weight = add(before, mul(mul(due, share), sub(1, before)));
  const usable = thresholdAverage === "corrected" ? div(moved, add(weight, sub(1, step(weight)))) : moved;
  return {
    threshold: usable,
    thresholdAverage: moved,
    batches: add(batches, scalar(1, "int32")),
    thresholdWeight: weight,
  };
}

/** The threshold for every latent, `[F]`. */
export function thresholdForAll(buffers: TensorMap, dSae: number): Tensor1D {
  return mul(named(buffers, "threshold"), ones([dSae])) as Tensor1D;
}

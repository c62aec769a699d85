import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";
import { type AuxkConfig, auxkFields } from "../shared/auxk.ts";
import { type ThresholdConfig, thresholdFields } from "../shared/batch-threshold.ts";
import { type CommonConfig, commonFields } from "../shared/fields.ts";

/** Configuration of `batch-topk`. */
export interface BatchTopKConfig extends CommonConfig, AuxkConfig, ThresholdConfig {
  /** mean number of latents kept per token */
  readonly k: number;
  /** take k from the control `k` while training, as k-annealing does */
  readonly annealK: boolean;
  /** where decoder rows are free, rank latents by their value times the norm of their row */
  readonly rankByDecoderNorm: boolean;
}

/** Schemas of {@link BatchTopKConfig}. */
export const batchTopKFields: { readonly [K in keyof BatchTopKConfig]: z.ZodType<BatchTopKConfig[K]> } = {
  k: z.number().positive().default(32).describe("mean number of latents kept per token"),
  annealK: z
    .boolean()
    .default(false)
    .describe("take k from the control k while training, as k-annealing does"),
  rankByDecoderNorm: z
    .boolean()
    .default(true)
    .describe("where decoder rows are free, rank latents by their value times the norm of their row"),
  ...thresholdFields,
  ...auxkFields,
  ...commonFields,
};

export const batchTopKSchema: ConfigSchema<BatchTopKConfig> = z.strictObject(batchTopKFields);

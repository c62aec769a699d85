import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";
import { type AuxkConfig, auxkFields } from "../shared/auxk.ts";
import { type CommonConfig, commonFields } from "../shared/fields.ts";

/** Configuration of `topk`. */
export interface TopKConfig extends CommonConfig, AuxkConfig {
  /** latents kept per token */
  readonly k: number;
  /** take k from the control `k` while training, as k-annealing does; inference uses the configured k */
  readonly annealK: boolean;
  /** where decoder rows are free, rank latents by their value times the norm of their row */
  readonly rankByDecoderNorm: boolean;
}

export const topKSchema: ConfigSchema<TopKConfig> = z.strictObject({
  k: z.int().min(1).default(32).describe("latents kept per token"),
  annealK: z
    .boolean()
    .default(false)
    .describe(
      "take k from the control k while training, as k-annealing does; inference uses the configured k",
    ),
  rankByDecoderNorm: z
    .boolean()
    .default(true)
    .describe("where decoder rows are free, rank latents by their value times the norm of their row"),
  ...auxkFields,
  ...commonFields,
});

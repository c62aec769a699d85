import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";
import { defaultDeadAfterTokens } from "../shared/firing.ts";

/** Configuration of `topk`. */
export interface TopKConfig {
  /** latents kept per token */
  readonly k: number;
  /** norm of the encoder rows at the start, as a multiple of the unit decoder rows */
  readonly encoderInit: number;
  /** weight of the AuxK term; 0 leaves it out */
  readonly auxkCoefficient: number;
  /** dead latents that AuxK reconstructs the residual with, per token; 0 means half of dIn */
  readonly auxk: number;
  /** tokens of silence after which a latent counts as dead */
  readonly deadAfterTokens: number;
}

export const topKSchema: ConfigSchema<TopKConfig> = z.strictObject({
  k: z.int().min(1).default(32).describe("latents kept per token"),
  encoderInit: z
    .number()
    .positive()
    .default(1)
    .describe("norm of the encoder rows at the start, as a multiple of the unit decoder rows"),
  auxkCoefficient: z
    .number()
    .min(0)
    .default(0)
    .describe("weight of the AuxK term; 0 leaves it out, 1/32 is usual"),
  auxk: z
    .int()
    .min(0)
    .default(0)
    .describe("dead latents that AuxK reconstructs the residual with, per token; 0 means half of dIn"),
  deadAfterTokens: z
    .int()
    .min(1)
    .max(2 ** 30)
    .default(defaultDeadAfterTokens)
    .describe("tokens of silence after which a latent counts as dead"),
});

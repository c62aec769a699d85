import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";
import { defaultDeadAfterTokens } from "../shared/firing.ts";

/** Configuration of `relu`. */
export interface ReluConfig {
  /**
   * `unit`: decoder rows have norm 1 and the penalty is Σ latents. `free`: rows may have any norm and the penalty is
   * Σ latents · ‖decoder row‖, so that shrinking latents while growing rows gains nothing.
   */
  readonly decoderRows: "unit" | "free";
  /** norm of the encoder rows at the start, as a multiple of the unit decoder rows */
  readonly encoderInit: number;
  /** every encoder bias at the start, in units of the scaled input */
  readonly encoderBiasInit: number;
  /** tokens of silence after which a latent counts as dead */
  readonly deadAfterTokens: number;
}

export const reluSchema: ConfigSchema<ReluConfig> = z.strictObject({
  decoderRows: z
    .enum(["unit", "free"])
    .default("unit")
    .describe(
      "unit: rows of norm 1, penalty on the sum of latents; free: penalty weighted by the norm of the row",
    ),
  encoderInit: z
    .number()
    .positive()
    .default(1)
    .describe("norm of the encoder rows at the start, as a multiple of the unit decoder rows"),
  encoderBiasInit: z
    .number()
    .default(0)
    .describe("every encoder bias at the start, in units of the scaled input"),
  deadAfterTokens: z
    .int()
    .min(1)
    .max(2 ** 30)
    .default(defaultDeadAfterTokens)
    .describe("tokens of silence after which a latent counts as dead"),
});

import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";
import { type CommonConfig, commonFields } from "../shared/fields.ts";

/** Configuration of `relu`. */
export interface ReluConfig extends CommonConfig {
  /** every encoder bias at the start, in units of the scaled input */
  readonly encoderBiasInit: number;
}

export const encoderBiasInitField: z.ZodType<number> = z
  .number()
  .default(0)
  .describe("every encoder bias at the start, in units of the scaled input");

export const reluSchema: ConfigSchema<ReluConfig> = z.strictObject({
  encoderBiasInit: encoderBiasInitField,
  ...commonFields,
});

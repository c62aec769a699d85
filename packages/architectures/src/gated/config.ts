import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";
import { type CommonConfig, commonFields } from "../shared/fields.ts";

/** Configuration of `gated`. */
export interface GatedConfig extends CommonConfig {
  /**
   * decoder of the auxiliary term: `frozen`, a copy that gets no gradient, as in the paper; `trained-defect`, the decoder itself,
   * as SAELens has it
   */
  readonly auxiliaryDecoder: "frozen" | "trained-defect";
}

export const gatedFields: { readonly auxiliaryDecoder: z.ZodType<GatedConfig["auxiliaryDecoder"]> } = {
  auxiliaryDecoder: z
    .enum(["frozen", "trained-defect"])
    .default("frozen")
    .describe(
      "frozen: the auxiliary term's decoder gets no gradient; trained-defect: it does, as in SAELens",
    ),
};

export const gatedSchema: ConfigSchema<GatedConfig> = z.strictObject({ ...gatedFields, ...commonFields });

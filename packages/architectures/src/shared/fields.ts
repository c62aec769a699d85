import type { AdamConstants } from "@plumbline/core";
import { z } from "zod";
import { defaultDeadAfterTokens } from "./firing.ts";

/** Configuration keys that several architectures share. */
export interface CommonConfig {
  /** norm of the encoder rows at the start, as a multiple of the decoder rows */
  readonly encoderInit: number;
  /** norm of the decoder rows at the start, where `decoderRows` is `free` */
  readonly decoderInit: number;
  /** `unit`: decoder rows keep norm 1; `free`: they may have any norm, and penalties and rankings weigh latents by it */
  readonly decoderRows: "unit" | "free";
  /** tokens of silence after which a latent counts as dead */
  readonly deadAfterTokens: number;
  /** Adam's decay of the first moment */
  readonly beta1: number;
  /** Adam's decay of the second moment */
  readonly beta2: number;
}

/** Schemas of {@link CommonConfig}, to be spread into an architecture's own. */
export const commonFields: { readonly [K in keyof CommonConfig]: z.ZodType<CommonConfig[K]> } = {
  encoderInit: z
    .number()
    .positive()
    .default(1)
    .describe("norm of the encoder rows at the start, as a multiple of the decoder rows"),
  decoderInit: z
    .number()
    .positive()
    .default(1)
    .describe("norm of the decoder rows at the start, where decoderRows is free"),
  decoderRows: z
    .enum(["unit", "free"])
    .default("unit")
    .describe("unit: rows of norm 1; free: any norm, penalties and rankings weighted by it"),
  deadAfterTokens: z
    .int()
    .min(1)
    .max(2 ** 30)
    .default(defaultDeadAfterTokens)
    .describe("tokens of silence after which a latent counts as dead"),
  beta1: z.number().min(0).lt(1).default(0.9).describe("Adam's decay of the first moment"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("Adam's decay of the second moment"),
};

/** Adam with the betas of a configuration, epsilon as in torch. */
export function adamOf(config: Pick<CommonConfig, "beta1" | "beta2">): AdamConstants {
  return { kind: "adam", beta1: config.beta1, beta2: config.beta2, epsilon: 1e-8 };
}

/** The norm that decoder rows start from: fixed where rows are of norm 1. */
export function decoderInitOf(config: CommonConfig): number {
  return config.decoderRows === "unit" ? 1 : config.decoderInit;
}

import type { ConfigSchema } from "@plumbline/core";
import { z } from "zod";
import { type CommonConfig, commonFields } from "../shared/fields.ts";

/** Configuration of `jumprelu`. */
export interface JumpReluConfig extends CommonConfig {
  /**
   * `target`: `((L0 / targetL0) − 1)²` of the batch's mean L0 (dictionary_learning); `step`: mean L0; `tanh`: mean over tokens of
   * Σ tanh(tanhScale · latents) (SAELens). Each times the control sparsityCoefficient.
   */
  readonly penalty: "target" | "step" | "tanh";
  /** for `target`: latents per token to aim at */
  readonly targetL0: number;
  /** for `tanh`: slope at 0 */
  readonly tanhScale: number;
  /**
   * for `target`: L0 counts pre-activations over their thresholds; `latents-defect` counts latents instead, which are 0 below the
   * threshold, so that only the upper half of the kernel gives a gradient, as dictionary_learning has it
   */
  readonly counts: "preActs" | "latents-defect";
  /** threshold of every latent at the start */
  readonly thresholdInit: number;
  /** `raw`: the threshold itself is trained; `log`: its logarithm */
  readonly thresholdForm: "raw" | "log";
  /** width of the kernel that gives thresholds a gradient, in units of pre-activations */
  readonly bandwidth: number;
  /** weight of `mean_B Σ ReLU(threshold − preActs)` over dead latents; 0 leaves it out */
  readonly preActCoefficient: number;
  /** whether the decoder bias is subtracted before encoding */
  readonly subtractDecoderBias: boolean;
}

export const jumpReluSchema: ConfigSchema<JumpReluConfig> = z.strictObject({
  penalty: z
    .enum(["target", "step", "tanh"])
    .default("target")
    .describe("target: ((L0 / targetL0) − 1)²; step: L0; tanh: Σ tanh(tanhScale · latents)"),
  targetL0: z.number().positive().default(20).describe("latents per token to aim at, for penalty target"),
  tanhScale: z.number().positive().default(4).describe("slope of the tanh at 0, for penalty tanh"),
  counts: z
    .enum(["preActs", "latents-defect"])
    .default("preActs")
    .describe("what L0 counts over thresholds; latents-defect reproduces dictionary_learning"),
  thresholdInit: z.number().positive().default(0.001).describe("threshold of every latent at the start"),
  thresholdForm: z
    .enum(["raw", "log"])
    .default("raw")
    .describe("raw: the threshold is trained; log: its logarithm"),
  bandwidth: z
    .number()
    .positive()
    .default(0.001)
    .describe("width of the kernel that gives thresholds a gradient, in units of pre-activations"),
  preActCoefficient: z
    .number()
    .min(0)
    .default(0)
    .describe("weight of the sum of ReLU(threshold − preActs) over dead latents; 0 leaves it out"),
  subtractDecoderBias: z
    .boolean()
    .default(true)
    .describe("whether the decoder bias is subtracted before encoding"),
  ...commonFields,
});

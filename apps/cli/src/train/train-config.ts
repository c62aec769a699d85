import type { ConfigSchema, Json } from "@plumbline/core";
import { z } from "zod";

/** What `plumbline train` reads, defaults filled in. */
export interface TrainConfig {
  readonly $schema?: string | undefined;
  /** the architecture's name, the dictionary size, alignment, and the architecture's own options */
  readonly architecture: Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly dSae: number;
    readonly aligned: boolean | { readonly map: string };
  };
  readonly activations: { readonly store: string };
  readonly trainer: TrainerConfig;
  /** scalars over training: `lr` and what the architecture needs; a number is constant */
  readonly schedules: Readonly<Record<string, number | { readonly [key: string]: Json }>>;
  readonly checkpoints: { readonly everySteps: number; readonly keep: number };
  readonly backend: string;
  readonly precision: "auto" | "fp32";
  readonly seed: number;
  readonly out?: string | undefined;
  readonly plugins: readonly string[];
}

/** The part of the configuration that the trainer owns. */
export interface TrainerConfig {
  readonly nTokens?: number | undefined;
  readonly nSteps?: number | undefined;
  readonly batchSize: number;
  readonly clipNorm: number | "none";
  readonly inputScale: "unit" | "none" | number;
  readonly logEvery: number;
}

const architecture = z.looseObject({
  name: z.string().describe('"plumbline list architectures" names them'),
  dSae: z.int().positive().describe("latents in the dictionary"),
  aligned: z
    .union([z.boolean(), z.strictObject({ map: z.string().default("projection") })], {
      error: 'expected true, false or { "map": name }',
    })
    .default(false)
    .describe('aligned training: every alignment score is one; "plumbline list maps" names the row maps'),
});

const trainer = z
  .strictObject({
    nTokens: z.int().positive().optional().describe("tokens to train on; or give nSteps"),
    nSteps: z.int().positive().optional().describe("steps to take; or give nTokens"),
    batchSize: z.int().positive().default(1024).describe("tokens in a step"),
    clipNorm: z
      .union([z.number().positive(), z.literal("none")], { error: 'expected a number above 0, or "none"' })
      .default(1)
      .describe("largest global gradient norm"),
    inputScale: z
      .union([z.literal(["unit", "none"]), z.number().positive()], {
        error: 'expected "unit", "none" or a number above 0',
      })
      .default("unit")
      .describe("factor on activations in training; unit makes the mean of their squared norms 1"),
    logEvery: z.int().positive().default(10).describe("steps between lines of the log"),
  })
  .refine((value) => (value.nTokens === undefined) !== (value.nSteps === undefined), {
    error: "expected nTokens or nSteps, one of the two",
  });

const schedules = z
  .record(
    z.string(),
    z.union([z.number(), z.record(z.string(), z.json())], {
      error: 'expected a number or a schedule like { "kind": "constant", "value": 0.001 }',
    }),
  )
  .refine((value) => value.lr !== undefined, {
    error: 'expected a schedule for lr, the learning rate: a number, or "plumbline list schedules"',
  });

export const trainConfigSchema: ConfigSchema<TrainConfig> = z.strictObject({
  $schema: z.string().optional().describe("for editors; not read"),
  architecture: architecture.describe("what is trained; further keys are the architecture's own"),
  activations: z
    .strictObject({ store: z.string().min(1).describe("folder of an activation store") })
    .describe("what it learns from"),
  trainer,
  schedules: schedules.describe("scalars over training, lr and those that the architecture needs"),
  checkpoints: z
    .strictObject({
      everySteps: z.int().positive().default(1000).describe("steps between checkpoints"),
      keep: z.int().positive().default(2).describe("newest checkpoints kept"),
    })
    .prefault({})
    .describe("what is saved on the way"),
  backend: z.string().default("auto").describe('"auto", or one that "plumbline list backends" names'),
  precision: z
    .enum(["auto", "fp32"])
    .default("auto")
    .describe("auto: lower precision where the result is proven to be float32's; fp32: float32 alone"),
  seed: z.int().min(0).default(0).describe("root of all randomness"),
  out: z.string().min(1).optional().describe("folder of the run; must not exist"),
  plugins: z
    .array(z.string().min(1))
    .default([])
    .describe("plugin modules: paths from this file, or package names"),
}) as ConfigSchema<TrainConfig>;

import type { ConfigSchema, Json } from "@plumbline/core";
import { z } from "zod";

/** What is learned from: a store, or a model that runs. */
export interface ActivationsConfig {
  /** folder of a store; or `live` */
  readonly store?: string | undefined;
  /** an extraction's configuration, whose model runs while the SAE learns */
  readonly live?: string | undefined;
  /** which of the hook points of the extraction */
  readonly hookPoint?: string | undefined;
  readonly windowRows: number;
  /** of the order of activations; the run's own if left out */
  readonly seed?: number | undefined;
}

/** What `plumbline train` reads, defaults filled in. */
export interface TrainConfig {
  readonly $schema?: string | undefined;
  /** the architecture's name, the dictionary size, alignment, and the architecture's own options */
  readonly architecture: Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly dSae: number;
    readonly aligned: boolean | { readonly map: string };
  };
  readonly activations: ActivationsConfig;
  readonly trainer: TrainerConfig;
  /** scalars over training: `lr` and what the architecture needs; a number is constant */
  readonly schedules: Readonly<Record<string, number | { readonly [key: string]: Json }>>;
  /** a meta SAE on the decoder rows, trained in turns with the SAE */
  readonly metaSae?: MetaSaeConfig | undefined;
  readonly checkpoints: { readonly everySteps: number; readonly keep: number };
  readonly backend: string;
  readonly precision: "auto" | "fp32";
  readonly seed: number;
  readonly out?: string | undefined;
  readonly plugins: readonly string[];
}

/** How a meta SAE is trained beside; defaults are those of `@plumbline/meta-sae`. */
export interface MetaSaeConfig {
  readonly dictionarySize?: number | undefined;
  readonly ratio?: number | undefined;
  readonly k?: number | undefined;
  readonly lambda2?: number | undefined;
  readonly sigma2?: number | undefined;
  readonly primarySteps?: number | undefined;
  readonly metaSteps?: number | undefined;
  readonly metaLr?: number | undefined;
  readonly scalars?: Readonly<Record<string, number>> | undefined;
  readonly architecture?: MetaArchitectureConfig | undefined;
}

/** An architecture for the meta SAE; its width is `dictionarySize` or `ratio`. */
export type MetaArchitectureConfig = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly aligned: boolean | { readonly map: string };
};

/** The part of the configuration that the trainer owns. */
export interface TrainerConfig {
  readonly nTokens?: number | undefined;
  readonly nSteps?: number | undefined;
  readonly batchSize: number;
  readonly clipNorm: number | "none";
  readonly inputScale: "unit" | "none" | number;
  readonly logEvery: number;
}

const aligned = z
  .union([z.boolean(), z.strictObject({ map: z.string().default("projection") })], {
    error: 'expected true, false or { "map": name }',
  })
  .default(false)
  .describe('aligned training: every alignment score is one; "plumbline list maps" names the row maps');
const architectureName = z.string().describe('"plumbline list architectures" names them');

const architecture = z.looseObject({
  name: architectureName,
  dSae: z.int().positive().describe("latents in the dictionary"),
  aligned,
});

const metaSae = z.strictObject({
  dictionarySize: z.int().positive().optional().describe("latents of the meta SAE; or give ratio"),
  ratio: z.number().positive().optional().describe("latents of the meta SAE for each latent of the SAE"),
  k: z.int().positive().optional().describe("meta latents of a decoder row, of the default architecture"),
  lambda2: z.number().min(0).optional().describe("weight of the penalty on rows that are easy to rebuild"),
  sigma2: z.number().positive().optional().describe("width of the penalty, in squared distance of rows"),
  primarySteps: z.int().positive().optional().describe("steps of the SAE in a round"),
  metaSteps: z.int().positive().optional().describe("steps of the meta SAE in a round, on all rows each"),
  metaLr: z
    .number()
    .positive()
    .optional()
    .describe("learning rate of the meta SAE; that of the SAE if left out"),
  scalars: z.record(z.string(), z.number()).optional().describe("what the meta SAE's architecture needs"),
  architecture: z
    .looseObject({ name: architectureName, aligned })
    .optional()
    .describe("of the meta SAE: name, aligned, and the architecture's own options; BatchTopK if left out"),
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
    .strictObject({
      store: z.string().min(1).optional().describe("folder of an activation store; or give live"),
      live: z
        .string()
        .min(1)
        .optional()
        .describe(
          "configuration of an extraction: its model runs while the SAE learns, and no store is made",
        ),
      hookPoint: z.string().min(1).optional().describe("with live: which of the extraction's hook points"),
      windowRows: z
        .int()
        .positive()
        .default(65536)
        .describe(
          "with live: rows that are kept in memory and shuffled; mean and norm are measured on so many",
        ),
      seed: z
        .int()
        .min(0)
        .optional()
        .describe("of the order of activations; that of the run if left out. The same order for other seeds"),
    })
    .refine(({ store, live }) => (store === undefined) !== (live === undefined), {
      error: "expected store or live, one of the two",
    })
    .describe("what it learns from"),
  trainer,
  schedules: schedules.describe("scalars over training, lr and those that the architecture needs"),
  metaSae: metaSae.optional().describe("train in turns with a meta SAE on the decoder rows"),
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

import { type ConfigSchema, parseConfig, type Schedule } from "@plumbline/core";
import { z } from "zod";
import { type PAnnealingOptions, pAnnealing } from "./p-annealing.ts";

/** A schedule that supplies several scalars and has a configuration of its own. */
export interface CompositeSchedule {
  /** key of a configuration's schedules */
  readonly name: string;
  readonly description: string;
  /** the scalars that it supplies */
  readonly scalars: readonly string[];
  readonly schema: z.ZodType;
  /** @throws PlumblineError `unknown-key`, `bad-config`, `bad-schedule` */
  fromConfig(config: unknown, options?: { readonly where?: string }): Schedule;
}

const pAnnealingSchema: ConfigSchema<PAnnealingOptions> = z.strictObject({
  coefficient: z.number().min(0).describe("coefficient of the penalty at pStart, after the warmup"),
  pStart: z.number().positive().default(1).describe("p at first"),
  pEnd: z.number().positive().default(0.2).describe("p at last"),
  start: z
    .number()
    .min(0)
    .default(0.1)
    .describe("step of the first update; a fraction of training where below 1"),
  end: z
    .number()
    .min(0)
    .default(0.9)
    .describe("step of the last update; a fraction of training where 1 or below"),
  nUpdates: z.int().min(2).default(10).describe("values of p in all"),
  queueLength: z.int().min(1).default(10).describe("steps that the ratio of penalties is averaged over"),
  warmupSteps: z.int().min(0).default(0).describe("steps over which the coefficient rises from 0"),
});

const annealing: CompositeSchedule = Object.freeze({
  name: "p-annealing",
  description:
    "p, the next p and the coefficient that keeps the penalty continuous, for p-anneal and gated-anneal",
  scalars: ["sparsityCoefficient", "p", "nextP"],
  schema: pAnnealingSchema,
  fromConfig: (config: unknown, options: { readonly where?: string } = {}) =>
    pAnnealing(parseConfig(pAnnealingSchema, config, { from: "[schedules] p-annealing", ...options })),
});

/** Schedules of several scalars that a configuration can name. */
export const compositeSchedules: readonly CompositeSchedule[] = Object.freeze([annealing]);

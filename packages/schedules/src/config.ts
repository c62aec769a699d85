import { type ConfigSchema, parseConfig } from "@plumbline/core";
import { z } from "zod";
import type { Curve } from "./curve.ts";
import { constant, cosineDecay, linearDecay, linearWarmup } from "./curves.ts";
import { type JoinPart, join } from "./join.ts";

/** A curve as it is written in configuration files. */
export type ScheduleConfig =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "linear-warmup"; readonly from: number; readonly to: number }
  | { readonly kind: "linear-decay"; readonly from: number; readonly to: number }
  | { readonly kind: "cosine-decay"; readonly from: number; readonly to: number }
  | {
      readonly kind: "warmup-decay";
      readonly peak: number;
      readonly warmupSteps: number;
      readonly decayFraction: number;
      readonly decay: "linear" | "cosine";
    }
  | { readonly kind: "join"; readonly parts: readonly ScheduleConfigPart[] };

/** One part of a `join`, with how much of training it covers. */
export interface ScheduleConfigPart {
  readonly schedule: ScheduleConfig;
  readonly nSteps?: number | undefined;
  readonly fraction?: number | undefined;
}

const from = z.number().describe("value at the first step");
const to = z.number().describe("value at the last step");

/** Schema of {@link ScheduleConfig}; discriminated by `kind`. */
export const scheduleSchema: ConfigSchema<ScheduleConfig> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("constant"), value: z.number().describe("the value at every step") }),
    z.strictObject({ kind: z.literal("linear-warmup"), from: from.default(0), to }),
    z.strictObject({ kind: z.literal("linear-decay"), from, to: to.default(0) }),
    z.strictObject({ kind: z.literal("cosine-decay"), from, to: to.default(0) }),
    z.strictObject({
      kind: z.literal("warmup-decay"),
      peak: z.number().describe("value between warmup and decay"),
      warmupSteps: z.int().min(0).default(0).describe("steps of linear warmup from 0"),
      decayFraction: z
        .number()
        .min(0)
        .max(1)
        .default(0)
        .describe("fraction of training, at its end, that decays to 0"),
      decay: z.enum(["linear", "cosine"]).default("linear").describe("shape of the decay"),
    }),
    z.strictObject({
      kind: z.literal("join"),
      parts: z.array(partSchema).min(1).describe("curves one after the other"),
    }),
  ]),
);

const partSchema: z.ZodType<ScheduleConfigPart> = z.strictObject({
  schedule: scheduleSchema,
  nSteps: z.int().min(0).optional().describe("length in steps"),
  fraction: z.number().min(0).max(1).optional().describe("length as a fraction of training"),
});

/** The kinds of {@link ScheduleConfig}, for lists. */
export const scheduleKinds: readonly { readonly name: string; readonly description: string }[] = [
  { name: "constant", description: "the same value at every step" },
  { name: "linear-warmup", description: "rises by equal steps, the first already above its start" },
  { name: "linear-decay", description: "falls by equal steps" },
  { name: "cosine-decay", description: "falls along half a cosine" },
  { name: "warmup-decay", description: "linear warmup, a plateau, then linear or cosine decay to 0" },
  { name: "join", description: "curves one after the other, by steps or fractions of training" },
];

function partOf({ schedule, nSteps, fraction }: ScheduleConfigPart): JoinPart {
  const curve = curveOf(schedule);
  if (nSteps !== undefined) return { curve, nSteps };
  return fraction === undefined ? { curve } : { curve, fraction };
}

function curveOf(config: ScheduleConfig): Curve {
  switch (config.kind) {
    case "constant":
      return constant(config.value);
    case "linear-warmup":
      return linearWarmup(config);
    case "linear-decay":
      return linearDecay(config);
    case "cosine-decay":
      return cosineDecay(config);
    case "warmup-decay": {
      const decay = config.decay === "linear" ? linearDecay : cosineDecay;
      return join([
        { nSteps: config.warmupSteps, curve: linearWarmup({ to: config.peak }) },
        { curve: constant(config.peak) },
        { fraction: config.decayFraction, curve: decay({ from: config.peak }) },
      ]);
    }
    case "join":
      return join(config.parts.map(partOf));
  }
}

/**
 * A curve from its configuration.
 *
 * @throws PlumblineError `unknown-key`, `bad-config`, `bad-schedule`
 * @example
 * import { scheduleFromConfig } from "@plumbline/schedules";
 *
 * const curve = scheduleFromConfig({ kind: "warmup-decay", peak: 1, warmupSteps: 4, decayFraction: 0.5 });
 * console.log([0, 4, 9].map((step) => curve({ step, nSteps: 10 })).join()); // 0.25,1,0.19999999999999996
 */
export function scheduleFromConfig(config: unknown): Curve {
  return curveOf(parseConfig(scheduleSchema, config, { from: "[schedules] scheduleFromConfig()" }));
}

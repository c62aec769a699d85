import { nearest, parseConfig, type Schedule } from "@plumbline/core";
import { z } from "zod";
import { compositeSchedules } from "./composite-schedules.ts";
import { constant } from "./constant.ts";
import { cosineDecay } from "./cosine-decay.ts";
import type { Curve } from "./curve.ts";
import { type CurvePart, join } from "./join.ts";
import { linearDecay } from "./linear-decay.ts";
import { linearWarmup } from "./linear-warmup.ts";
import { schedule } from "./schedule.ts";
import { warmupDecay } from "./warmup-decay.ts";

/** A part of a `join`, as configuration: nSteps, or fraction, or neither for what the others leave. */
export interface CurvePartConfig {
  readonly nSteps?: number | undefined;
  readonly fraction?: number | undefined;
  readonly curve: CurveConfig;
}

/** A curve as plain data; `kind` names the function that makes it. */
export type CurveConfig =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "linear-warmup"; readonly from: number; readonly to: number }
  | { readonly kind: "linear-decay"; readonly from: number; readonly to: number }
  | { readonly kind: "cosine-decay"; readonly from: number; readonly to: number }
  | {
      readonly kind: "warmup-decay";
      readonly peak: number;
      readonly warmupSteps: number;
      readonly decayFraction: number;
      readonly from: number;
      readonly to: number;
      readonly decay: "linear" | "cosine";
    }
  | { readonly kind: "join"; readonly parts: readonly CurvePartConfig[] };

/** Names of the curves that a configuration can ask for. */
export const curveKinds: readonly CurveConfig["kind"][] = Object.freeze([
  "constant",
  "linear-warmup",
  "linear-decay",
  "cosine-decay",
  "warmup-decay",
  "join",
]);

const fraction = z.number().min(0).max(1);
const nSteps = z.int().min(0);

const constantSchema = z
  .strictObject({
    kind: z.literal("constant"),
    value: z.number().describe("value at every step"),
  })
  .describe("the same value at every step");

const linearWarmupSchema = z
  .strictObject({
    kind: z.literal("linear-warmup"),
    from: z.number().default(0).describe("value that the rise starts from, one step before the first"),
    to: z.number().describe("value at the last step"),
  })
  .describe("from + (to − from) (step + 1) / nSteps");

const decayFields = {
  from: z.number().describe("value at the first step"),
  to: z.number().default(0).describe("value that it goes towards, reached one step after the last"),
};

const linearDecaySchema = z
  .strictObject({ kind: z.literal("linear-decay"), ...decayFields })
  .describe("from + (to − from) step / nSteps");

const cosineDecaySchema = z
  .strictObject({ kind: z.literal("cosine-decay"), ...decayFields })
  .describe("to + (from − to) (1 + cos(π step / nSteps)) / 2");

const warmupDecaySchema = z
  .strictObject({
    kind: z.literal("warmup-decay"),
    peak: z.number().describe("value between warmup and decay"),
    warmupSteps: nSteps.default(0).describe("steps of the warmup"),
    decayFraction: fraction.default(0).describe("fraction of all steps, at the end, that decay; 0..1"),
    from: z.number().default(0).describe("value that the warmup rises from"),
    to: z.number().default(0).describe("value that the decay goes towards"),
    decay: z.enum(["linear", "cosine"]).default("linear").describe("shape of the decay"),
  })
  .describe("linear warmup to a peak, the peak, decay at the end");

const partSchema: z.ZodType<CurvePartConfig> = z.strictObject({
  nSteps: nSteps.optional().describe("steps of this part; instead of fraction"),
  fraction: fraction.optional().describe("fraction of all steps, 0..1; instead of nSteps"),
  get curve(): z.ZodType<CurveConfig> {
    return curveConfigSchema;
  },
});

const joinSchema = z
  .strictObject({
    kind: z.literal("join"),
    parts: z
      .array(partSchema)
      .min(1)
      .describe("curves one after another; one part may leave nSteps and fraction out and takes the rest"),
  })
  .describe("curves one after another");

function unknownKind(input: unknown): string {
  const kind = (input as { readonly kind?: unknown } | undefined)?.kind;
  const near = typeof kind === "string" ? nearest(kind, curveKinds) : undefined;
  return `expected kind to be one of ${curveKinds.join(", ")}${near === undefined ? "" : ` (nearest: ${near})`}`;
}

/** What a curve looks like in a configuration; put it under the name of the scalar that it supplies. */
export const curveConfigSchema: z.ZodType<CurveConfig> = z.discriminatedUnion(
  "kind",
  [constantSchema, linearWarmupSchema, linearDecaySchema, cosineDecaySchema, warmupDecaySchema, joinSchema],
  { error: (issue) => (issue.code === "invalid_union" ? unknownKind(issue.input) : undefined) },
);

function partOf({ nSteps, fraction, curve }: CurvePartConfig): CurvePart {
  return {
    ...(nSteps === undefined ? {} : { nSteps }),
    ...(fraction === undefined ? {} : { fraction }),
    curve: curveOf(curve),
  };
}

function curveOf(config: CurveConfig): Curve {
  switch (config.kind) {
    case "constant":
      return constant(config.value);
    case "linear-warmup":
      return linearWarmup(config);
    case "linear-decay":
      return linearDecay(config);
    case "cosine-decay":
      return cosineDecay(config);
    case "warmup-decay":
      return warmupDecay(config);
    case "join":
      return join(config.parts.map(partOf));
  }
}

/**
 * A curve from its configuration.
 *
 * @param config anything, usually parsed JSON: `{ kind: "constant", value: 0.1 }`; kinds are in `curveKinds`
 * @param options `where`: the place that errors name, as the configuration's file
 * @throws PlumblineError `unknown-key`, `bad-config`; `bad-schedule` for parts that fit no run
 * @example
 * import { curveFromConfig } from "@plumbline/schedules";
 *
 * const curve = curveFromConfig({ kind: "warmup-decay", peak: 0.004, warmupSteps: 20, decayFraction: 0.2 });
 * console.log(curve({ step: 9, nSteps: 100 })); // 0.002
 */
export function curveFromConfig(config: unknown, options: { readonly where?: string } = {}): Curve {
  return curveOf(
    parseConfig(curveConfigSchema, config, { from: "[schedules] curveFromConfig()", ...options }),
  );
}

/**
 * A schedule from its configuration. A name in `compositeSchedules` is a schedule of several scalars with options of its own; any
 * other is a scalar, and the configuration its curve: `schedule(name, curveFromConfig(config))`.
 *
 * @param name the scalar that it supplies, `lr` or one of the architecture's controls; or a composite schedule
 * @throws PlumblineError as `curveFromConfig`
 * @example
 * import { scheduleFromConfig } from "@plumbline/schedules";
 *
 * const lr = scheduleFromConfig("lr", { kind: "constant", value: 0.001 });
 * console.log(lr.scalars, lr.at({ step: 0, nSteps: 10 }, null, undefined).scalars); // [ 'lr' ] { lr: 0.001 }
 */
export function scheduleFromConfig(
  name: string,
  config: unknown,
  options: { readonly where?: string } = {},
): Schedule {
  const composite = compositeSchedules.find((candidate) => candidate.name === name);
  return composite?.fromConfig(config, options) ?? schedule(name, curveFromConfig(config, options));
}

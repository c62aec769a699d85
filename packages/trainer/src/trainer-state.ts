import {
  type ConfigSchema,
  type JsonObject,
  PlumblineError,
  parseConfig,
  type ScheduleState,
  type StepStats,
} from "@plumbline/core";
import { z } from "zod";
import type { ScheduleStates } from "./scalars.ts";

/** What the loop itself must remember to go on exactly; stored as JSON beside the engine's state. */
export interface TrainerState {
  readonly version: 1;
  /** steps taken */
  readonly step: number;
  readonly nSteps: number;
  readonly batchSize: number;
  readonly inputScale: number;
  readonly clipNorm: number | null;
  readonly fixedScalars: Readonly<Record<string, number>>;
  readonly schedules: ScheduleStates;
  /** newest statistics that schedules may read */
  readonly lastStats: StepStats | null;
}

const numbers = z.record(z.string(), z.number());

/** JSON has no NaN; a diverged state keeps its numbers as null and is never resumed. */
const statsSchema: z.ZodType<StepStats> = z.strictObject({
  loss: z.number(),
  terms: numbers,
  gradientNorm: z.number(),
  statistics: numbers,
});

const stateSchema: ConfigSchema<TrainerState> = z.strictObject({
  version: z.literal(1),
  step: z.int().min(0),
  nSteps: z.int().min(1),
  batchSize: z.int().min(1),
  inputScale: z.number().positive(),
  clipNorm: z.number().positive().nullable(),
  fixedScalars: numbers,
  schedules: z.record(z.string(), z.json()) as unknown as z.ZodType<Record<string, ScheduleState>>,
  lastStats: statsSchema.nullable(),
});

/** What of a state must be the same in the run that resumes it. */
const binding = ["nSteps", "batchSize", "inputScale", "clipNorm", "fixedScalars"] as const;

function mismatch(what: string, expected: string, got: string): PlumblineError {
  return new PlumblineError({
    code: "resume-mismatch",
    kind: "usage",
    message: `[trainer] train(): the checkpoint to resume from was made with ${what} ${got}, this run has ${expected}`,
    hint: "resume with the settings of the stopped run, or start a new run",
  });
}

/**
 * Reads a state back and checks that it belongs to this run.
 *
 * @throws PlumblineError `bad-config`, `unknown-key` for a damaged state, `resume-mismatch` for another run's
 */
export function resumedState(saved: JsonObject, own: TrainerState): TrainerState {
  const state = parseConfig(stateSchema, saved, { from: "[trainer] train()", where: "trainer state" });
  for (const key of binding) {
    const [expected, got] = [JSON.stringify(own[key]), JSON.stringify(state[key])];
    if (expected !== got) throw mismatch(key, expected, got);
  }
  const names = (states: ScheduleStates): string => Object.keys(states).sort().join(", ");
  if (names(state.schedules) !== names(own.schedules)) {
    throw mismatch("schedules", names(own.schedules), names(state.schedules));
  }
  return state;
}

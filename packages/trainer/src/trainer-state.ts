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
  /** newest statistics that schedules may read; all finite */
  readonly lastStats: StepStats | null;
  /** loss, gradient or weights were not finite: kept to look at, refused on resuming */
  readonly diverged: boolean;
}

/** A state as JSON; it has no numbers that JSON cannot hold. */
export function stateJson(state: TrainerState): JsonObject {
  return { ...state } as unknown as JsonObject;
}

const numbers = z.record(z.string(), z.number());

const statsSchema: z.ZodType<StepStats> = z.strictObject({
  loss: z.number(),
  terms: numbers,
  gradientNorm: z.number(),
  statistics: numbers,
});

const scheduleState: z.ZodType<ScheduleState> = z.record(z.string(), z.json()).nullable();

const stateSchema: ConfigSchema<TrainerState> = z.strictObject({
  version: z.literal(1),
  step: z.int().min(0),
  nSteps: z.int().min(1),
  batchSize: z.int().min(1),
  inputScale: z.number().positive(),
  clipNorm: z.number().positive().nullable(),
  fixedScalars: numbers,
  schedules: z.record(z.string(), scheduleState),
  lastStats: statsSchema.nullable(),
  diverged: z.boolean(),
});

/** What of a state must be the same in the run that resumes it. */
const binding = ["nSteps", "batchSize", "inputScale", "clipNorm", "fixedScalars"] as const;

/** A setting of a checkpoint that is another than this run's, in words. */
interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** Names every difference at once: who must change settings should not have to try them one by one. */
function mismatch(differences: readonly Difference[]): PlumblineError {
  const expected = differences.map((difference) => `${difference.what} ${difference.expected}`).join(", ");
  const got = differences.map((difference) =>
    differences.length === 1 ? difference.got : `${difference.what} ${difference.got}`,
  );
  return new PlumblineError({
    code: "resume-mismatch",
    kind: "usage",
    message: `[trainer] train(): expected a checkpoint of a run with ${expected}, got one with ${got.join(", ")}`,
    hint: "resume with the settings of the stopped run, or start a new run",
  });
}

function diverged(step: number): PlumblineError {
  return new PlumblineError({
    code: "resume-diverged",
    kind: "usage",
    message: "[trainer] train(): expected a sound checkpoint to resume from, got one of a run that diverged",
    where: `step ${step}`,
    hint: "resume from an earlier checkpoint, or start a new run with a lower learning rate",
  });
}

/** A value as text to compare and to show; the order of an object's keys does not count, files sort them. */
function inWords(value: TrainerState[(typeof binding)[number]]): string {
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The names of schedules, to compare and to show. */
function namesOf(states: ScheduleStates): string {
  return JSON.stringify(Object.keys(states).sort());
}

/**
 * Reads a state back and checks that it belongs to this run.
 *
 * @throws PlumblineError `bad-config`, `unknown-key` for a damaged state, `resume-mismatch` for another run's, `resume-diverged`
 */
export function resumedState(saved: JsonObject, own: TrainerState): TrainerState {
  const state = parseConfig(stateSchema, saved, { from: "[trainer] train()", where: "trainer state" });
  if (state.diverged) throw diverged(state.step);
  const both = [
    ...binding.map((what) => ({ what, expected: inWords(own[what]), got: inWords(state[what]) })),
    { what: "schedules", expected: namesOf(own.schedules), got: namesOf(state.schedules) },
  ];
  const differences = both.filter(({ expected, got }) => expected !== got);
  if (differences.length > 0) throw mismatch(differences);
  if (state.step > state.nSteps) {
    throw mismatch([{ what: "steps taken up to", expected: String(own.nSteps), got: String(state.step) }]);
  }
  return state;
}

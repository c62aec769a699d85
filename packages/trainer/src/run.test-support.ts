import {
  type BatchSource,
  createRandom,
  fillNormal,
  type JsonObject,
  PlumblineError,
  type Schedule,
} from "@plumbline/core";
import type { TrainerEvent } from "./events.ts";
import { createSmallEngine, dIn, type Faults, type SmallEngine } from "./small-engine.test-support.ts";
import { train } from "./train.ts";
import type { TrainerCheckpoint, TrainOptions, TrainResult } from "./train-options.ts";

const nRows = 40;

/** Rows for tests: normal, with a mean. */
export const rows: Float32Array = fillNormal(new Float32Array(nRows * dIn), createRandom(3)).map(
  (value, i) => value + (i % dIn) / 2,
);

/** A source that counts how it is used. */
export interface WatchedSource extends BatchSource {
  readonly seen: { opened: number; closed: number; yielded: number };
}

/** Rows in their order, again and again; one buffer for all batches, as the contract allows. */
export function watchedSource(
  options: { width?: number; nBatches?: number; batchLength?: number } = {},
): WatchedSource {
  const { width = dIn, nBatches = Number.POSITIVE_INFINITY, batchLength } = options;
  const seen = { opened: 0, closed: 0, yielded: 0 };
  return {
    seen,
    dIn: width,
    nRows,
    statistics: { nRows, mean: new Float32Array(width), meanSquaredNorm: 1 },
    async *batches({ batchSize, startStep }) {
      seen.opened++;
      const batch = new Float32Array(batchLength ?? batchSize * width);
      try {
        for (let step = startStep; step < nBatches; step++) {
          for (let i = 0; i < batch.length; i++)
            batch[i] = rows[(step * batch.length + i) % rows.length] ?? 0;
          seen.yielded++;
          yield batch;
        }
      } finally {
        seen.closed++;
      }
    },
  };
}

/** A schedule without state. */
export function curve(name: string, value: (step: number) => number): Schedule {
  return {
    name,
    scalars: [name],
    initialState: null,
    at: ({ step }, state) => ({ scalars: { [name]: value(step) }, state }),
  };
}

/** Halves a coefficient each time the loss it sees has fallen by a tenth: state and statistics decide what comes next. */
export const halving: Schedule = {
  name: "halving",
  scalars: ["sparsityCoefficient"],
  initialState: { coefficient: 1, best: 1e9 },
  at: (_, state, lastStats) => {
    const { coefficient, best } = state as { coefficient: number; best: number };
    const fell = lastStats !== undefined && lastStats.loss < 0.9 * best;
    const next = fell ? { coefficient: coefficient / 2, best: lastStats.loss } : { coefficient, best };
    return { scalars: { sparsityCoefficient: next.coefficient }, state: next };
  },
};

/** What a run left behind. */
export interface Finished {
  readonly result?: TrainResult;
  readonly error?: unknown;
  readonly events: readonly TrainerEvent[];
  readonly checkpoints: readonly TrainerCheckpoint[];
  readonly engine: SmallEngine;
  readonly source: WatchedSource;
}

/** Options of {@link runSmall}: those of `train`, all with defaults, and what goes wrong. */
export interface SmallOptions extends Partial<Omit<TrainOptions, "engine" | "batches">> {
  readonly faults?: Faults;
  readonly source?: WatchedSource;
  /** no writer at all */
  readonly unsaved?: boolean;
}

/** Ten steps of the small engine, unless told otherwise; failures are returned, not thrown. */
export async function runSmall(options: SmallOptions = {}): Promise<Finished> {
  const { faults = {}, source = watchedSource(), unsaved = false, ...given } = options;
  const engine = createSmallEngine(faults);
  const events: TrainerEvent[] = [];
  const checkpoints: TrainerCheckpoint[] = [];
  const seen = { events, checkpoints, engine, source };
  const lr = curve("lr", (step) => 0.02 / (1 + step));
  try {
    const result = await train({
      engine,
      batches: source,
      nSteps: 10,
      batchSize: 6,
      schedules: [lr, halving],
      logEvery: 3,
      ...(unsaved
        ? {}
        : {
            writeCheckpoint: async (checkpoint) => {
              checkpoints.push(checkpoint);
              return { path: `step-${checkpoint.step}` };
            },
          }),
      ...given,
      onEvent: async (event) => {
        events.push(event);
        await given.onEvent?.(event);
      },
    });
    return { ...seen, result };
  } catch (error) {
    return { ...seen, error };
  }
}

/** A checkpoint as it comes back from a file: text in between, keys sorted. */
export function reloaded({ engine, trainer }: TrainerCheckpoint): NonNullable<TrainOptions["resume"]> {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return {
    engine: structuredClone(engine),
    trainer: JSON.parse(JSON.stringify(trainer, sorted)) as JsonObject,
  };
}

/** The error of a run, which must be one of ours. */
export function errorOf({ error }: Finished): PlumblineError {
  if (PlumblineError.isInstance(error)) return error;
  throw error ?? new Error("expected an error");
}

/** Events of one type. */
export function only<Type extends TrainerEvent["type"]>(
  events: readonly TrainerEvent[],
  type: Type,
): readonly Extract<TrainerEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<TrainerEvent, { type: Type }> => event.type === type);
}

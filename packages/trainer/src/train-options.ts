import type {
  BatchSource,
  EngineState,
  InferenceForm,
  JsonObject,
  SaeEngine,
  Schedule,
} from "@plumbline/core";
import { PlumblineError } from "@plumbline/core";
import type { RunStatus, TrainerEvent } from "./events.ts";

/** What a checkpoint writer is handed. */
export interface TrainerCheckpoint {
  /** steps taken */
  readonly step: number;
  /** the SAE for raw activations: the input scale is folded in */
  readonly form: InferenceForm;
  /** exact engine state, in the units of training */
  readonly engine: EngineState;
  /** the loop's own state */
  readonly trainer: JsonObject;
  /** loss, gradient or weights were not finite: worth keeping to look at; `train` refuses to resume from it */
  readonly diverged: boolean;
}

/** Everything {@link train} needs, handed in. */
export interface TrainOptions {
  readonly engine: SaeEngine;
  readonly batches: BatchSource;
  /** optimizer steps in all, those before a resume included */
  readonly nSteps: number;
  /** rows per step */
  readonly batchSize: number;
  /** suppliers of `lr` and of the architecture's controls */
  readonly schedules: readonly Schedule[];
  /** scalars that stay the same, by name */
  readonly scalars?: Readonly<Record<string, number>>;
  /** largest global gradient norm; absent = no clipping */
  readonly clipNorm?: number;
  /** factor on every activation; see `inputScaleFor` */
  readonly inputScale?: number;
  /** steps between `step` events, 100 by default; the first and the last step report always */
  readonly logEvery?: number;
  /** steps between checkpoints; the last step is saved always where there is a writer */
  readonly checkpointEvery?: number;
  readonly writeCheckpoint?: (
    checkpoint: TrainerCheckpoint,
  ) => Promise<{ readonly path?: string } | undefined>;
  /** both halves of a checkpoint to continue from */
  readonly resume?: { readonly engine: EngineState; readonly trainer: JsonObject };
  readonly onEvent?: (event: TrainerEvent) => void | Promise<void>;
  /** ends the step, saves where there is a writer, and returns with status `interrupted` */
  readonly signal?: AbortSignal;
  /** milliseconds; only for the `perf` fields of events */
  readonly clock?: () => number;
}

/** How a run ended that did not fail. */
export interface TrainResult {
  readonly status: Exclude<RunStatus, "diverged">;
  readonly step: number;
  readonly tokens: number;
}

function refuse(message: string, hint: string): PlumblineError {
  return new PlumblineError({
    code: "bad-option",
    kind: "usage",
    message: `[trainer] train(): ${message}`,
    hint,
  });
}

/** Refuses options that cannot work before anything is spent on them. */
export function checkOptions(options: TrainOptions): void {
  const {
    engine,
    batches,
    nSteps,
    batchSize,
    clipNorm,
    inputScale = 1,
    logEvery = 1,
    checkpointEvery = 1,
    scalars = {},
  } = options;
  for (const [name, value] of Object.entries({ nSteps, batchSize, logEvery, checkpointEvery })) {
    if (!Number.isInteger(value) || value < 1) {
      throw refuse(`expected ${name} to be a whole number of at least 1, got ${value}`, `correct ${name}`);
    }
  }
  for (const [name, value] of Object.entries({ inputScale, clipNorm: clipNorm ?? 1 })) {
    if (!(value > 0 && Number.isFinite(value))) {
      throw refuse(`expected ${name} to be a number above 0, got ${value}`, `correct ${name}`);
    }
  }
  for (const [name, value] of Object.entries(scalars)) {
    if (!Number.isFinite(value)) {
      throw refuse(`expected the scalar ${name} to be a finite number, got ${value}`, `correct ${name}`);
    }
  }
  if (options.checkpointEvery !== undefined && options.writeCheckpoint === undefined) {
    throw refuse("expected writeCheckpoint together with checkpointEvery, got none", "hand in a writer");
  }
  if (batches.dIn !== engine.dIn) {
    throw refuse(
      `expected activations of width ${engine.dIn}, the SAE's dIn, got ${batches.dIn}`,
      "train on activations of the hook point that the SAE is for",
    );
  }
}

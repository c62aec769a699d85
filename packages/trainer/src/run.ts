import { type EngineState, foldInputScale, type InferenceForm, PlumblineError } from "@plumbline/core";
import { eventVersion, type RunStatus, type TrainerEvent } from "./events.ts";
import { firstNotFinite } from "./finite.ts";
import { checkSuppliers, initialStates } from "./scalars.ts";
import { checkOptions, type TrainOptions } from "./train-options.ts";
import { resumedState, stateJson, type TrainerState } from "./trainer-state.ts";

/** A run in progress: the options with defaults, and what changes from step to step. */
export interface Run {
  readonly options: TrainOptions & { readonly inputScale: number; readonly logEvery: number };
  state: TrainerState;
  /** steps at the newest checkpoint, the one that was resumed from included */
  savedAt: number | undefined;
  emit(event: TrainerEvent): Promise<void>;
}

function freshState(options: TrainOptions): TrainerState {
  const { nSteps, batchSize, inputScale = 1, clipNorm = null, scalars = {}, schedules } = options;
  const fixed = { nSteps, batchSize, inputScale, clipNorm, fixedScalars: { ...scalars } };
  const start = { step: 0, schedules: initialStates(schedules), lastStats: null, diverged: false };
  return { version: 1, ...fixed, ...start };
}

/** Checks the options and, for a resumed run, puts the engine where the checkpoint left it. */
export async function openRun(options: TrainOptions): Promise<Run> {
  checkOptions(options);
  checkSuppliers(options.schedules, options.scalars ?? {});
  const { resume, engine, inputScale = 1, logEvery = 100, onEvent } = options;
  const fresh = freshState(options);
  const state = resume === undefined ? fresh : resumedState(resume.trainer, fresh);
  if (resume !== undefined) await engine.importState(resume.engine);
  return {
    options: { ...options, inputScale, logEvery },
    state,
    savedAt: resume === undefined ? undefined : state.step,
    emit: async (event) => onEvent?.(event),
  };
}

/** What a checkpoint is made of. */
interface Snapshot {
  readonly form: InferenceForm;
  readonly engine: EngineState;
}

async function takeSnapshot({ options }: Run): Promise<Snapshot> {
  const form = foldInputScale(await options.engine.inference(), options.inputScale);
  return { form, engine: await options.engine.exportState() };
}

async function write(run: Run, snapshot: Snapshot): Promise<void> {
  const { writeCheckpoint, batchSize } = run.options;
  const { step, diverged } = run.state;
  if (writeCheckpoint === undefined) return;
  const written = await writeCheckpoint({ step, ...snapshot, trainer: stateJson(run.state), diverged });
  run.savedAt = step;
  const path = written?.path === undefined ? {} : { path: written.path };
  await run.emit({ type: "checkpoint-saved", v: eventVersion, step, tokens: step * batchSize, ...path });
}

/** Saves a run that is sound; stops one whose weights are not finite. Nothing happens where the step is saved already. */
export async function save(run: Run): Promise<void> {
  if (run.savedAt === run.state.step) return;
  const snapshot = await takeSnapshot(run);
  const broken = firstNotFinite(snapshot.form, snapshot.engine);
  if (broken !== undefined) await stopDiverged(run, `a value in ${broken} that is not finite`, snapshot);
  await write(run, snapshot);
}

export async function end(run: Run, status: RunStatus): Promise<void> {
  const { step } = run.state;
  await run.emit({ type: "run-end", v: eventVersion, status, step, tokens: step * run.options.batchSize });
}

/** Keeps the state to look at, says so, and stops the run. */
export async function stopDiverged(run: Run, message: string, snapshot?: Snapshot): Promise<never> {
  const { step } = run.state;
  run.state = { ...run.state, lastStats: null, diverged: true };
  await run.emit({ type: "warning", v: eventVersion, code: "diverged", message, step });
  if (run.options.writeCheckpoint !== undefined) await write(run, snapshot ?? (await takeSnapshot(run)));
  await end(run, "diverged");
  const saved = run.options.writeCheckpoint === undefined ? "" : "; the state was saved to look at";
  throw new PlumblineError({
    code: "diverged",
    kind: "diverged",
    message: `[trainer] train(): expected a finite loss, gradient and weights, got ${message}`,
    where: `step ${step}`,
    hint: `lower the learning rate or clip the gradient${saved}`,
  });
}

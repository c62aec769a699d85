import { foldInputScale, type JsonObject, PlumblineError, type StepStats } from "@plumbline/core";
import { eventVersion, type TrainerEvent } from "./events.ts";
import { scaled } from "./input-scale.ts";
import { checkSuppliers, evaluate, initialStates, type StepScalars } from "./scalars.ts";
import { checkOptions, type TrainOptions, type TrainResult } from "./train-options.ts";
import { resumedState, type TrainerState } from "./trainer-state.ts";

/** A run in progress: the options with defaults, and what changes from step to step. */
interface Run {
  readonly options: TrainOptions & { readonly inputScale: number; readonly logEvery: number };
  state: TrainerState;
  /** steps at the newest checkpoint that was written in this process */
  savedAt: number | undefined;
  emit(event: TrainerEvent): Promise<void>;
}

function freshState(options: TrainOptions): TrainerState {
  const { nSteps, batchSize, inputScale = 1, clipNorm = null, scalars = {}, schedules } = options;
  const fixed = { nSteps, batchSize, inputScale, clipNorm, fixedScalars: scalars };
  return { version: 1, step: 0, ...fixed, schedules: initialStates(schedules), lastStats: null };
}

async function openRun(options: TrainOptions): Promise<Run> {
  checkOptions(options);
  checkSuppliers(options.schedules, options.scalars ?? {});
  const fresh = freshState(options);
  const { resume, engine, inputScale = 1, logEvery = 100, onEvent } = options;
  if (resume !== undefined) await engine.importState(resume.engine);
  return {
    options: { ...options, inputScale, logEvery },
    state: resume === undefined ? fresh : resumedState(resume.trainer, fresh),
    savedAt: resume === undefined ? undefined : fresh.step,
    emit: async (event) => onEvent?.(event),
  };
}

async function save(run: Run, diverged = false): Promise<void> {
  const { writeCheckpoint, engine, inputScale, batchSize } = run.options;
  const { step } = run.state;
  if (writeCheckpoint === undefined || run.savedAt === step) return;
  const form = foldInputScale(await engine.inference(), inputScale);
  const state = await engine.exportState();
  const trainer = run.state as unknown as JsonObject;
  const written = await writeCheckpoint({ step, form, engine: state, trainer, diverged });
  run.savedAt = step;
  const path = written?.path === undefined ? {} : { path: written.path };
  await run.emit({ type: "checkpoint-saved", v: eventVersion, step, tokens: step * batchSize, ...path });
}

async function end(run: Run, status: "completed" | "interrupted" | "diverged"): Promise<void> {
  const { step } = run.state;
  await run.emit({ type: "run-end", v: eventVersion, status, step, tokens: step * run.options.batchSize });
}

function allFinite(stats: StepStats): boolean {
  return Number.isFinite(stats.loss) && Number.isFinite(stats.gradientNorm);
}

/** Keeps the state to look at, says so, and stops the run. */
async function stopDiverged(run: Run, stats: StepStats): Promise<never> {
  const { step } = run.state;
  const message = `loss ${stats.loss}, gradient norm ${stats.gradientNorm}`;
  await run.emit({ type: "warning", v: eventVersion, code: "diverged", message, step });
  await save(run, true);
  await end(run, "diverged");
  throw new PlumblineError({
    code: "diverged",
    kind: "diverged",
    message: `[trainer] train(): expected a finite loss and gradient, got ${message}`,
    where: `step ${step}`,
    hint: "lower the learning rate or clip the gradient; the state was saved to look at",
  });
}

/** Which of a step's numbers are wanted: for the log, or to be sure of what a checkpoint holds. */
function duties(run: Run, step: number): { log: boolean; checkpoint: boolean } {
  const { nSteps, logEvery, checkpointEvery } = run.options;
  const last = step === nSteps;
  return {
    log: step === 1 || last || step % logEvery === 0,
    checkpoint: last || (checkpointEvery !== undefined && step % checkpointEvery === 0),
  };
}

function stepEvent(run: Run, stats: StepStats, used: StepScalars, pace: Pace): TrainerEvent {
  const { step } = run.state;
  const { batchSize } = run.options;
  const perf = pace.read(step, batchSize);
  return {
    type: "step",
    v: eventVersion,
    step,
    tokens: step * batchSize,
    loss: stats.loss,
    losses: stats.terms,
    metrics: stats.statistics,
    gradientNorm: stats.gradientNorm,
    schedule: { lr: used.lr, ...used.scalars },
    ...(perf === undefined ? {} : { perf }),
  };
}

/** Time per step since it was last read. */
interface Pace {
  read(step: number, batchSize: number): { msPerStep: number; tokensPerSecond: number } | undefined;
}

function createPace(clock: (() => number) | undefined, startStep: number): Pace {
  let since = clock?.() ?? 0;
  let from = startStep;
  return {
    read: (step, batchSize) => {
      if (clock === undefined) return undefined;
      const now = clock();
      const msPerStep = (now - since) / Math.max(1, step - from);
      since = now;
      from = step;
      return { msPerStep, tokensPerSecond: msPerStep > 0 ? (1000 * batchSize) / msPerStep : 0 };
    },
  };
}

/** One step, its events and its checkpoint. */
async function takeStep(run: Run, batch: Float32Array, pace: Pace): Promise<void> {
  const { engine, schedules, scalars: fixed = {}, clipNorm, nSteps } = run.options;
  const { state } = run;
  const lastStats = state.lastStats ?? undefined;
  const progress = { step: state.step, nSteps };
  const { scalars, states } = evaluate(schedules, { fixed, progress, states: state.schedules, lastStats });
  const due = duties(run, state.step + 1);
  const clip = clipNorm === undefined ? {} : { clipNorm };
  const stats = await engine.step(batch, { ...scalars, ...clip, wantStats: due.log || due.checkpoint });
  run.state = { ...state, step: state.step + 1, schedules: states, lastStats: stats ?? state.lastStats };
  if (stats !== undefined && !allFinite(stats)) await stopDiverged(run, stats);
  if (stats !== undefined && due.log) await run.emit(stepEvent(run, stats, scalars, pace));
  if (due.checkpoint) await save(run);
}

/**
 * Trains an engine: batches in, events and checkpoints out.
 *
 * Knows nothing of architectures, stores or files. Same engine state, batches and schedules, same run: a run resumed from any
 * checkpoint ends with the bytes of one that never stopped.
 *
 * @returns how it ended: `completed`, or `interrupted` by the signal after a checkpoint
 * @throws PlumblineError `bad-option`, `duplicate-scalar`, `duplicate-schedule`, `missing-lr` before the first step; `resume-mismatch`
 *   for another run's state; `diverged` with the step, the state saved; and what engine, source and writer throw
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const run = await openRun(options);
  const { engine, batches, nSteps, batchSize, inputScale, signal, clock } = run.options;
  const { dIn, dSae } = engine;
  const startStep = run.state.step;
  run.savedAt = startStep === 0 ? undefined : startStep;
  await run.emit({
    type: "run-start",
    v: eventVersion,
    step: startStep,
    nSteps,
    batchSize,
    dIn,
    dSae,
    inputScale,
  });
  const result = (status: TrainResult["status"]): TrainResult => ({
    status,
    step: run.state.step,
    tokens: run.state.step * batchSize,
  });
  const buffer = new Float32Array(batchSize * dIn);
  const pace = createPace(clock, startStep);
  if (startStep < nSteps) {
    for await (const batch of batches.batches({ batchSize, startStep })) {
      if (signal?.aborted) {
        await save(run);
        await end(run, "interrupted");
        return result("interrupted");
      }
      await takeStep(run, scaled(batch, inputScale, buffer), pace);
      if (run.state.step >= nSteps) break;
    }
  }
  await end(run, "completed");
  return result("completed");
}

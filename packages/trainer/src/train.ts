import { PlumblineError, type Progress, type StepStats } from "@plumbline/core";
import { eventVersion, type TrainerEvent } from "./events.ts";
import { divergence, finiteStats, undefinedStatistics } from "./finite.ts";
import { checkBatch, scaled } from "./input-scale.ts";
import { letOthersRun } from "./let-others-run.ts";
import { createPace, type Pace } from "./pace.ts";
import { end, openRun, type Run, save, stopDiverged } from "./run.ts";
import { evaluate, type StepScalars } from "./scalars.ts";
import type { TrainOptions, TrainResult } from "./train-options.ts";

/** Which of a step's numbers are wanted: for the log, to be sure of what a checkpoint holds, or for a schedule. */
function duties(run: Run, progress: Progress): { log: boolean; checkpoint: boolean; wantStats: boolean } {
  const { logEvery, checkpointEvery, schedules } = run.options;
  const step = progress.step + 1;
  const last = step === progress.nSteps;
  const log = step === 1 || last || step % logEvery === 0;
  const checkpoint = last || (checkpointEvery !== undefined && step % checkpointEvery === 0);
  const asked = schedules.some((schedule) => schedule.needsStats?.(progress) === true);
  return { log, checkpoint, wantStats: log || checkpoint || asked };
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

async function logStep(run: Run, stats: StepStats, used: StepScalars, pace: Pace): Promise<void> {
  await run.emit(stepEvent(run, finiteStats(stats), used, pace));
  const { step } = run.state;
  for (const message of undefinedStatistics(stats)) {
    await run.emit({ type: "warning", v: eventVersion, code: "undefined-statistic", message, step });
  }
}

function missingStats(step: number): PlumblineError {
  return new PlumblineError({
    code: "missing-statistics",
    kind: "bug",
    message: "[trainer] train(): expected statistics from the engine, got none",
    where: `step ${step}`,
    hint: "step() must report them when wantStats is set",
  });
}

/** One step, its events and its checkpoint. */
async function takeStep(run: Run, batch: Float32Array, pace: Pace): Promise<void> {
  const { engine, schedules, scalars: fixed = {}, clipNorm, nSteps } = run.options;
  const { state } = run;
  const lastStats = state.lastStats ?? undefined;
  const progress = { step: state.step, nSteps };
  const { scalars, states } = evaluate(schedules, { fixed, progress, states: state.schedules, lastStats });
  const due = duties(run, progress);
  const clip = clipNorm === undefined ? {} : { clipNorm };
  const stats = await engine.step(batch, { ...scalars, ...clip, wantStats: due.wantStats });
  const step = state.step + 1;
  run.state = { ...state, step, schedules: states };
  if (due.wantStats) {
    if (stats === undefined) throw missingStats(step);
    const problem = divergence(stats);
    if (problem !== undefined) await stopDiverged(run, problem);
    run.state = { ...run.state, lastStats: finiteStats(stats) };
    if (due.log) await logStep(run, stats, scalars, pace);
  }
  if (due.checkpoint) await save(run);
}

/** Steps until all are taken, the signal says stop, or the source has no more. */
async function takeSteps(run: Run): Promise<void> {
  const { engine, batches, nSteps, batchSize, inputScale, signal, clock } = run.options;
  const startStep = run.state.step;
  const length = batchSize * engine.dIn;
  const buffer = new Float32Array(inputScale === 1 ? 0 : length);
  const pace = createPace(clock, startStep);
  for await (const batch of batches.batches({ batchSize, startStep })) {
    if (signal?.aborted) break;
    checkBatch(batch, { length, step: run.state.step + 1 });
    await takeStep(run, scaled(batch, inputScale, buffer), pace);
    await letOthersRun();
    if (run.state.step >= nSteps || signal?.aborted) break;
  }
}

async function finish(run: Run, status: TrainResult["status"]): Promise<TrainResult> {
  await end(run, status);
  const { step } = run.state;
  return { status, step, tokens: step * run.options.batchSize };
}

/**
 * Trains an engine: batches in, events and checkpoints out.
 *
 * Knows nothing of architectures, stores or files. Same engine state, batches and schedules, same run: a run resumed from any
 * checkpoint ends with the bytes of one that never stopped.
 *
 * @returns how it ended: `completed`, or `interrupted` by the signal after a checkpoint; a state that is already at `nSteps`
 *   is `completed` without a step
 * @throws PlumblineError `bad-option`, `duplicate-scalar`, `duplicate-schedule`, `missing-lr` before the first step;
 *   `resume-mismatch`, `resume-diverged` for a state that this run cannot go on from; `bad-scalar` for what a schedule supplies;
 *   `shape-mismatch` for a batch of another length, `source-ended` for a source that is not endless; `diverged` with the step,
 *   where loss, gradient or weights are not finite, the state saved; and what engine, source, writer and `onEvent` throw
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const run = await openRun(options);
  const { engine, nSteps, batchSize, inputScale, signal } = run.options;
  const { dIn, dSae } = engine;
  const startStep = run.state.step;
  const widths = { nSteps, batchSize, dIn, dSae, inputScale };
  await run.emit({ type: "run-start", v: eventVersion, step: startStep, ...widths });
  if (startStep < nSteps && !signal?.aborted) await takeSteps(run);
  const { step } = run.state;
  if (step >= nSteps) return finish(run, "completed");
  if (signal?.aborted) {
    if (run.options.writeCheckpoint !== undefined) await save(run);
    return finish(run, "interrupted");
  }
  throw new PlumblineError({
    code: "source-ended",
    kind: "input",
    message: `[trainer] train(): expected batches for ${nSteps} steps, got ${step - startStep} from step ${startStep} on`,
    where: `step ${step}`,
    hint: "a batch source repeats its rows without end; see BatchSource in @plumbline/core",
  });
}

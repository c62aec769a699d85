import { basename, join } from "node:path";
import { type BatchSource, type EngineState, type JsonObject, PlumblineError } from "@plumbline/core";
import { type ActionContext, clockOf, exitCodeFor, shownPath } from "@plumbline/extract/terminal";
import { train } from "@plumbline/trainer";
import { checkpointsFolder, writeCheckpoint, writeDivergedState } from "../run-folder/checkpoint-folder.ts";
import { openRunLog } from "../run-folder/run-log.ts";
import { type RunRecord, type RunStatus, writeRunRecord } from "../run-folder/run-record.ts";
import { createFollower, tellingBatches } from "./follower.ts";
import { createTrainingEngine, type Training } from "./open-training.ts";
import { portableConfig, type TrainFlags } from "./resolve-train-config.ts";
import { sayHeader } from "./say-header.ts";

/** Where and from what a training runs. */
export interface RunContext extends Pick<ActionContext<TrainFlags>, "io" | "output"> {
  /** folder of the run; exists */
  readonly run: string;
  readonly record: RunRecord;
  /** instead of the training's own; for runs that share them */
  readonly batches?: BatchSource | undefined;
  /** to go on from; absent at the beginning */
  readonly checkpoint?: { readonly engine: EngineState; readonly trainer: JsonObject };
}

/** Trains with everything in place but the engine; writes log and checkpoints into the run. */
async function trainInto(training: Training, context: RunContext): Promise<"completed" | "interrupted"> {
  const { io, run, checkpoint } = context;
  const { schedules, nSteps, inputScale, resolved, built } = training;
  const { trainer, checkpoints } = resolved.config;
  const engine = await createTrainingEngine(training);
  const log = await openRunLog(run);
  try {
    const head = {
      run: basename(run),
      config: portableConfig(resolved, { run, architecture: built.resolved }),
    };
    const { onEvent, onStep } = createFollower({
      ...context,
      batchSize: trainer.batchSize,
      log,
      nSteps,
      resumed: (checkpoint?.engine.nSteps ?? 0) > 0,
      head,
    });
    const { status } = await train({
      engine,
      batches: tellingBatches(context.batches ?? training.data.batches, onStep),
      nSteps,
      batchSize: trainer.batchSize,
      schedules,
      inputScale,
      ...(trainer.clipNorm === "none" ? {} : { clipNorm: trainer.clipNorm }),
      logEvery: trainer.logEvery,
      checkpointEvery: checkpoints.everySteps,
      writeCheckpoint: async (saved) => {
        // The log must not lag behind the checkpoint that it would be cut back to.
        await log.flush();
        return saved.diverged ? writeDivergedState(run, saved) : writeCheckpoint(run, saved, checkpoints);
      },
      ...(checkpoint === undefined ? {} : { resume: checkpoint }),
      onEvent,
      ...(io.signal === undefined ? {} : { signal: io.signal }),
      clock: io.clock ?? (() => performance.now()),
    });
    await log.flush();
    return status;
  } finally {
    await log.close();
    engine.dispose();
  }
}

function statusOf(error: unknown): RunStatus {
  if (!PlumblineError.isInstance(error)) return "failed";
  if (error.kind === "diverged") return "diverged";
  return error.kind === "interrupted" ? "interrupted" : "failed";
}

/** Trains, and keeps the run's record up to date; returns the exit code. */
export async function runTraining(training: Training, context: RunContext): Promise<number> {
  const { io, output, run, record } = context;
  const now = (): string => new Date(clockOf(io)()).toISOString();
  const { endedAt: _, ...going } = record;
  await writeRunRecord(run, { ...going, status: "running" });
  sayHeader(training, context);
  let status: RunStatus;
  try {
    status = await trainInto(training, context);
  } catch (error) {
    // The reason of the failure is what matters; a full disk may refuse this too.
    await writeRunRecord(run, { ...going, status: statusOf(error), endedAt: now() }).catch(() => undefined);
    throw error;
  }
  await writeRunRecord(run, { ...going, status, endedAt: now() });
  const shown = shownPath(run, io.cwd);
  if (status === "interrupted") {
    output.say(`stopped; go on with: plumbline train --resume ${shown}`);
    return io.signal?.aborted ? exitCodeFor(io.signal.reason) : 130;
  }
  output.say(`run         ${shown}`);
  output.say(`checkpoints ${join(shown, checkpointsFolder)}`);
  return 0;
}

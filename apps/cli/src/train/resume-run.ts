import { join, resolve } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { type ActionContext, clockOf, shownPath } from "@plumbline/extract/terminal";
import { exists } from "../load-sae.ts";
import {
  checkpointName,
  checkpointsFolder,
  newestWholeCheckpoint,
  removePartials,
} from "../run-folder/checkpoint-folder.ts";
import { runConfigFile } from "../run-folder/create-run.ts";
import { withRunLock } from "../run-folder/run-lock.ts";
import { truncateRunLog } from "../run-folder/run-log.ts";
import { type RunRecord, readRunRecord, runRecordFile } from "../run-folder/run-record.ts";
import { openTraining, type Training } from "./open-training.ts";
import {
  checkSameConfig,
  portableConfig,
  resolveTrainConfig,
  type TrainFlags,
} from "./resolve-train-config.ts";
import { runTraining } from "./run-training.ts";

function refuse(code: string, message: string, where: string, hint: string): PlumblineError {
  return new PlumblineError({
    code,
    kind: "usage",
    message: `[cli] train --resume: ${message}`,
    where,
    hint,
  });
}

/** The run's record, where it can be resumed. */
async function resumable(
  run: string,
  options: { shown: string; flags: TrainFlags; cwd: string },
): Promise<RunRecord> {
  const { shown, flags, cwd } = options;
  if (!(await exists(join(run, runRecordFile)))) {
    throw refuse("no-such-run", `expected a run with ${runRecordFile}`, shown, "check the path");
  }
  if (flags.out !== undefined && resolve(cwd, flags.out) !== run) {
    throw refuse(
      "out-differs",
      "--out is another folder",
      `--out ${flags.out}`,
      "leave --out away: the run stays where it is",
    );
  }
  const record = await readRunRecord(run);
  if (record.status === "completed") {
    throw refuse(
      "run-complete",
      `the run is complete after ${record.nSteps} steps`,
      shown,
      "start a new one with another --out",
    );
  }
  if (record.status === "diverged") {
    throw refuse(
      "run-diverged",
      "the run diverged, and would again",
      shown,
      "start a new one with a lower learning rate",
    );
  }
  if (flags.backend !== undefined && flags.backend !== record.backend.name) {
    throw refuse(
      "backend-differs",
      `the run is on ${record.backend.name}, and another backend rounds otherwise`,
      `--backend ${flags.backend}`,
      "leave --backend away",
    );
  }
  return record;
}

function checkStore(training: Training, record: RunRecord): void {
  if (training.data.fingerprint === record.activations.sha256) return;
  throw new PlumblineError({
    code: "store-differs",
    kind: "input",
    message: "[cli] train --resume: the activations are not those that the run learned from",
    where: training.data.shown,
    hint: "give the right one with --activations",
  });
}

/** Opens the training that the run's own configuration describes, with what may be changed on resuming. */
async function reopen(
  context: ActionContext<TrainFlags>,
  options: { run: string; config: string | undefined; record: RunRecord },
): Promise<Training> {
  const { io, output, flags } = context;
  const { run, config, record } = options;
  const own = join(run, runConfigFile);
  const { backend: _, out: __, ...rest } = flags;
  const resolved = await resolveTrainConfig(config ?? own, { flags: rest, io });
  const training = await openTraining(resolved, { io, output, backend: record.backend.name });
  try {
    const before = await resolveTrainConfig(own, { flags: {}, io });
    const { $schema: ___, ...was } = before.config;
    const is = portableConfig(resolved, { run, architecture: training.built.resolved });
    checkSameConfig(was, is, shownPath(own, io.cwd));
    checkStore(training, record);
    return training;
  } catch (error) {
    await training.close();
    throw error;
  }
}

/** The rest of a run, from its newest whole checkpoint; with none, from the beginning. */
export async function resumeRun(
  context: ActionContext<TrainFlags>,
  options: { run: string; config: string | undefined },
): Promise<number> {
  const { io, output, flags } = context;
  const run = resolve(io.cwd, options.run);
  const shown = shownPath(run, io.cwd);
  const record = await resumable(run, { shown, flags, cwd: io.cwd });
  const training = await reopen(context, { ...options, run, record });
  try {
    return await withRunLock(run, async () => {
      await removePartials(run);
      const checkpoint = await newestWholeCheckpoint(run, (name, error) => {
        const reason = error instanceof Error ? error.message : String(error);
        output.warn(`checkpoint ${name} is damaged and was removed: ${reason}`);
      });
      const fromStep = checkpoint?.engine.nSteps ?? 0;
      await truncateRunLog(run, fromStep, {
        tokens: fromStep * record.batchSize,
        path: `${checkpointsFolder}/${checkpointName(fromStep)}`,
      });
      output.say(`resuming ${shown} after step ${fromStep}`);
      const at = new Date(clockOf(io)()).toISOString();
      const resumed = { ...record, resumed: [...record.resumed, { at, fromStep }] };
      const rest = checkpoint === undefined ? {} : { checkpoint };
      return runTraining(training, { ...context, run, record: resumed, ...rest });
    });
  } finally {
    await training.close();
  }
}

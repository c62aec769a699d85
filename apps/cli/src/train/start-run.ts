import { type ActionContext, clockOf } from "@plumbline/extract/terminal";
import { createRun } from "../run-folder/create-run.ts";
import type { RunRecord } from "../run-folder/run-record.ts";
import { version } from "../version.ts";
import { openTraining, type Training } from "./open-training.ts";
import { type PlannedRun, planRuns } from "./plan-runs.ts";
import { portableConfig, type TrainFlags } from "./resolve-train-config.ts";
import { runTogether, type StartedRun } from "./run-together.ts";

function recordOf(training: Training, startedAt: string): RunRecord {
  const { choice, data, dSae, nSteps, inputScale, resolved } = training;
  const { device, deterministic, versions } = choice.probe;
  const { hookPoint } = data;
  return {
    format: "plumbline-run",
    version: 1,
    status: "running",
    startedAt,
    versions: { node: process.versions.node, "@plumbline/cli": version, ...versions },
    backend: { name: choice.backend.name, device, deterministic, why: choice.why },
    dIn: data.dIn,
    dSae,
    seed: resolved.config.seed,
    inputScale,
    nSteps,
    batchSize: resolved.config.trainer.batchSize,
    activations: {
      sha256: data.fingerprint,
      nRows: data.nRows,
      ...(hookPoint === undefined ? {} : { hookPoint }),
    },
    resumed: [],
  };
}

async function openRun(
  { resolved, run }: PlannedRun,
  context: ActionContext<TrainFlags>,
): Promise<StartedRun> {
  const training = await openTraining(resolved, context);
  return { training, run, record: recordOf(training, new Date(clockOf(context.io)()).toISOString()) };
}

/** New runs: opens everything, makes their folders, trains. */
export async function startRuns(
  context: ActionContext<TrainFlags>,
  configPaths: readonly string[],
): Promise<number> {
  const planned = await planRuns(configPaths, context);
  const runs: StartedRun[] = [];
  try {
    for (const one of planned) runs.push(await openRun(one, context));
    for (const { run, record, training } of runs) {
      const config = portableConfig(training.resolved, { run, architecture: training.built.resolved });
      await createRun(run, { record, config });
    }
    return await runTogether(runs, context);
  } finally {
    for (const { training } of runs) await training.close();
  }
}

import { type ActionContext, clockOf, shownPath } from "@plumbline/extract/terminal";
import { createRun, refuseExistingRun } from "../run-folder/create-run.ts";
import { withRunLock } from "../run-folder/run-lock.ts";
import type { RunRecord } from "../run-folder/run-record.ts";
import { version } from "../version.ts";
import { openTraining, type Training } from "./open-training.ts";
import {
  defaultRunFolder,
  portableConfig,
  resolveTrainConfig,
  type TrainFlags,
} from "./resolve-train-config.ts";
import { runTraining } from "./run-training.ts";

function recordOf(training: Training, startedAt: string): RunRecord {
  const { choice, store, storeSha256, dSae, nSteps, inputScale, resolved } = training;
  const { device, deterministic, versions } = choice.probe;
  const { hookPoint } = store.manifest;
  return {
    format: "plumbline-run",
    version: 1,
    status: "running",
    startedAt,
    versions: { node: process.versions.node, "@plumbline/cli": version, ...versions },
    backend: { name: choice.backend.name, device, deterministic, why: choice.why },
    dIn: store.dIn,
    dSae,
    seed: resolved.config.seed,
    inputScale,
    nSteps,
    batchSize: resolved.config.trainer.batchSize,
    activations: {
      sha256: storeSha256,
      nRows: store.nRows,
      ...(hookPoint === undefined ? {} : { hookPoint }),
    },
    resumed: [],
  };
}

/** A new run: opens everything, makes the folder, trains. */
export async function startRun(context: ActionContext<TrainFlags>, configPath: string): Promise<number> {
  const { io, flags } = context;
  const resolved = await resolveTrainConfig(configPath, { flags, io });
  const run = resolved.config.out ?? defaultRunFolder(resolved.config, io.cwd);
  await refuseExistingRun(run, shownPath(run, io.cwd));
  const training = await openTraining(resolved, context);
  try {
    const record = recordOf(training, new Date(clockOf(io)()).toISOString());
    const config = portableConfig(resolved, { run, architecture: training.built.resolved });
    await createRun(run, { record, config });
    return await withRunLock(run, () => runTraining(training, { ...context, run, record }));
  } finally {
    await training.close();
  }
}

import { type ActionContext, clockOf, shownPath } from "@plumbline/extract/terminal";
import { train } from "@plumbline/trainer";
import { refuseExistingRun } from "../run-folder/create-run.ts";
import { shownBytes, shownSeconds, textTable } from "../text-table.ts";
import { memoryEstimate } from "./memory-estimate.ts";
import { createTrainingEngine, openTraining, type Training } from "./open-training.ts";
import { defaultRunFolder, resolveTrainConfig, type TrainFlags } from "./resolve-train-config.ts";
import { sayHeader } from "./say-header.ts";

/** Bytes of one checkpoint: the SAE, and parameters with two moments each. */
function checkpointBytes(dIn: number, dSae: number): number {
  const matrices = 2 * dIn * dSae * 4;
  return 4 * matrices;
}

/** Takes one step as the run would, and says how long it took. */
async function timeOneStep(training: Training, clock: () => number): Promise<number> {
  const { store, schedules, nSteps, inputScale, resolved } = training;
  const { batchSize, clipNorm } = resolved.config.trainer;
  const engine = await createTrainingEngine(training);
  try {
    const stop = new AbortController();
    let start = clock();
    let seconds = 0;
    await train({
      engine,
      batches: store.batchSource({ seed: resolved.config.seed }),
      nSteps,
      batchSize,
      schedules,
      inputScale,
      ...(clipNorm === "none" ? {} : { clipNorm }),
      logEvery: 1,
      onEvent: ({ type }) => {
        if (type === "run-start") start = clock();
        if (type !== "step") return;
        seconds = (clock() - start) / 1000;
        stop.abort();
      },
      signal: stop.signal,
    });
    return seconds;
  } finally {
    engine.dispose();
  }
}

/** `plumbline train --dry-run`: everything that a run does before its second step; writes nothing. */
export async function dryRun(context: ActionContext<TrainFlags>, configPath: string): Promise<number> {
  const { io, output, flags } = context;
  const resolved = await resolveTrainConfig(configPath, { flags, io });
  const { config } = resolved;
  const run = config.out ?? defaultRunFolder(config, io.cwd);
  await refuseExistingRun(run, shownPath(run, io.cwd));
  const training = await openTraining(resolved, { io, output });
  try {
    sayHeader(training, { io, output });
    const { store, dSae, nSteps, choice } = training;
    const secondsPerStep = await timeOneStep(training, clockOf(io));
    const estimate = memoryEstimate({ dIn: store.dIn, dSae, batchSize: config.trainer.batchSize });
    // resourceUsage() counts in kibibytes.
    const peak = process.resourceUsage().maxRSS * 1024;
    const disk = checkpointBytes(store.dIn, dSae) * (config.checkpoints.keep + 1);
    output.data(
      textTable([
        ["first step", shownSeconds(secondsPerStep), "later ones are often faster"],
        ["all steps", `at most about ${shownSeconds(secondsPerStep * nSteps)}`, `${nSteps} steps`],
        ["memory", `about ${shownBytes(estimate)}`, `this process took ${shownBytes(peak)} at its peak`],
        [
          "disk",
          `about ${shownBytes(disk)}`,
          `${config.checkpoints.keep} checkpoints kept, one being written`,
        ],
        ["would write", shownPath(run, io.cwd), "nothing was written"],
      ]),
    );
    output.event({
      type: "train-plan",
      v: 1,
      backend: choice.backend.name,
      nSteps,
      secondsPerStep,
      memoryBytes: estimate,
      peakBytes: peak,
      diskBytes: disk,
    });
    return 0;
  } finally {
    await training.close();
  }
}

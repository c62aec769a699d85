import {
  type ActionContext,
  clockOf,
  shownBytes,
  shownPath,
  shownSeconds,
  textTable,
} from "@plumbline/extract/terminal";
import { train } from "@plumbline/trainer";
import { memoryEstimate } from "./memory-estimate.ts";
import { createTrainingEngine, openTraining, type Training } from "./open-training.ts";
import { planRuns } from "./plan-runs.ts";
import type { TrainFlags } from "./resolve-train-config.ts";
import { sayHeader } from "./say-header.ts";

/** Bytes of one checkpoint: the SAE, and parameters with two moments each. */
function checkpointBytes(dIn: number, dSae: number): number {
  const matrices = 2 * dIn * dSae * 4;
  return 4 * matrices;
}

/** Takes one step as the run would, and says how long it took. */
async function timeOneStep(training: Training, clock: () => number): Promise<number> {
  const { schedules, nSteps, inputScale, resolved } = training;
  const { batchSize, clipNorm } = resolved.config.trainer;
  const engine = await createTrainingEngine(training);
  try {
    const stop = new AbortController();
    let start = clock();
    let seconds = 0;
    await train({
      engine,
      batches: training.data.batches,
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

/** What one run would take, in words and as a line. */
async function tell(
  training: Training,
  run: string,
  { io, output }: ActionContext<TrainFlags>,
): Promise<void> {
  sayHeader(training, { output });
  const { data, dSae, nSteps, choice, resolved } = training;
  const { trainer, checkpoints } = resolved.config;
  const secondsPerStep = await timeOneStep(training, clockOf(io));
  const estimate = memoryEstimate({ dIn: data.dIn, dSae, batchSize: trainer.batchSize });
  // resourceUsage() counts in kibibytes.
  const peak = process.resourceUsage().maxRSS * 1024;
  const disk = checkpointBytes(data.dIn, dSae) * (checkpoints.keep + 1);
  output.data(
    textTable([
      ["first step", shownSeconds(secondsPerStep), "later ones are often faster"],
      ["all steps", `at most about ${shownSeconds(secondsPerStep * nSteps)}`, `${nSteps} steps`],
      ["memory", `about ${shownBytes(estimate)}`, `this process took ${shownBytes(peak)} at its peak`],
      ["disk", `about ${shownBytes(disk)}`, `${checkpoints.keep} checkpoints kept, one being written`],
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
}

/** `plumbline train --dry-run`: everything that each run does before its second step; writes nothing. */
export async function dryRun(
  context: ActionContext<TrainFlags>,
  configPaths: readonly string[],
): Promise<number> {
  const planned = await planRuns(configPaths, context);
  for (const { resolved, run } of planned) {
    const training = await openTraining(resolved, context);
    try {
      await tell(training, run, context);
    } finally {
      await training.close();
    }
  }
  return 0;
}

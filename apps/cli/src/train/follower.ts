import type { BatchSource, JsonObject } from "@plumbline/core";
import {
  clockOf,
  type EventLine,
  type Io,
  type Output,
  shownCount,
  shownNumber,
  shownSeconds,
} from "@plumbline/extract/terminal";
import type { TrainerEvent } from "@plumbline/trainer";
import type { RunLog } from "../run-folder/run-log.ts";

type StepEvent = Extract<TrainerEvent, { type: "step" }>;

/** How the names of metrics are said in a progress line. */
const shortNames: Readonly<Record<string, string>> = {
  explainedVariance: "ev",
  l0: "L0",
  deadLatents: "dead",
};

/** How far the run is, with the newest numbers that are known. */
function progressText(
  at: { step: number; nSteps: number; batchSize: number; secondsLeft: number | undefined },
  newest: StepEvent | undefined,
): string {
  const { step, nSteps, batchSize, secondsLeft } = at;
  const measured = Object.entries(newest?.metrics ?? {})
    .filter(([name]) => name in shortNames)
    .map(([name, value]) => `${shortNames[name]} ${shownNumber(Number(value.toPrecision(3)))}`);
  const perSecond = newest?.perf?.tokensPerSecond;
  return [
    `${shownCount(step * batchSize)}/${shownCount(nSteps * batchSize)} tok`,
    ...(perSecond === undefined ? [] : [`${shownCount(perSecond)} tok/s`]),
    ...(secondsLeft === undefined ? [] : [`ETA ${shownSeconds(secondsLeft)}`]),
    ...measured,
    ...(newest === undefined ? [] : [`loss ${shownNumber(newest.loss)}`]),
  ].join(" · ");
}

/** A table's worth of the last step, for the end. */
function lastStepText({ step, tokens, loss, metrics }: StepEvent): string {
  const measured = Object.entries(metrics).map(([name, value]) => `${name} ${shownNumber(value)}`);
  return [`after ${step} steps, ${tokens} tokens`, `loss ${shownNumber(loss)}`, ...measured].join(" · ");
}

/** Follows a run: see {@link createFollower}. */
export interface Follower {
  /** takes the trainer's events */
  onEvent(event: TrainerEvent): Promise<void>;
  /** told before each step, so that progress moves between the lines of the log */
  onStep(step: number): void;
}

/**
 * A listener for the trainer: every event goes to the run's log, to stdout with --json, and to the reader as progress.
 *
 * @param options.head what the first line of a run carries beside the trainer's own words
 */
export function createFollower(options: {
  io: Io;
  output: Output;
  log: RunLog;
  nSteps: number;
  batchSize: number;
  /** the log has its first line already */
  resumed: boolean;
  head: { readonly run: string; readonly config: object };
}): Follower {
  const { io, output, log, nSteps, batchSize, resumed, head } = options;
  const clock = clockOf(io);
  let start = { at: clock(), step: 0 };
  let newest: StepEvent | undefined;

  const showProgress = (step: number): void => {
    const done = step - start.step;
    const secondsLeft = done <= 0 ? undefined : ((clock() - start.at) / 1000 / done) * (nSteps - step);
    output.progress(progressText({ step, nSteps, batchSize, secondsLeft }, newest), step / nSteps);
  };
  const show = (event: TrainerEvent): void => {
    if (event.type === "run-start") start = { at: clock(), step: event.step };
    if (event.type === "warning") output.warn(`${event.message} (${event.code}, step ${event.step})`);
    if (event.type === "run-end" && newest !== undefined) output.say(lastStepText(newest));
    if (event.type !== "step") return;
    newest = event;
    showProgress(event.step);
  };

  return {
    onStep: showProgress,
    onEvent: async (event) => {
      const line = (event.type === "run-start" ? { ...event, ...head } : event) as JsonObject as EventLine;
      if (!(resumed && event.type === "run-start")) await log.append(line);
      output.event(line);
      show(event);
    },
  };
}

/** The same batches, with a word before each. */
export function tellingBatches(source: BatchSource, onStep: (step: number) => void): BatchSource {
  return {
    ...source,
    async *batches(options) {
      let step = options.startStep;
      for await (const batch of source.batches(options)) {
        onStep(step++);
        yield batch;
      }
    },
  };
}

import type { JsonObject } from "@plumbline/core";
import { clockOf, type EventLine, type Io, type Output } from "@plumbline/extract/terminal";
import type { TrainerEvent } from "@plumbline/trainer";
import type { RunLog } from "../run-folder/run-log.ts";
import { shownCount, shownNumber, shownSeconds } from "../text-table.ts";

type StepEvent = Extract<TrainerEvent, { type: "step" }>;

/** How the names of metrics are said in a progress line. */
const shortNames: Readonly<Record<string, string>> = {
  explainedVariance: "ev",
  l0: "L0",
  deadLatents: "dead",
};

function progressText(event: StepEvent, secondsLeft: number | undefined, nSteps: number): string {
  const { step, tokens, loss, metrics, perf } = event;
  const measured = Object.entries(metrics)
    .filter(([name]) => name in shortNames)
    .map(([name, value]) => `${shortNames[name]} ${shownNumber(Number(value.toPrecision(3)))}`);
  const total = tokens * (nSteps / step);
  return [
    `${shownCount(tokens)}/${shownCount(total)} tok`,
    ...(perf === undefined ? [] : [`${shownCount(perf.tokensPerSecond)} tok/s`]),
    ...(secondsLeft === undefined ? [] : [`ETA ${shownSeconds(secondsLeft)}`]),
    ...measured,
    `loss ${shownNumber(loss)}`,
  ].join(" · ");
}

/** A table's worth of the last step, for the end. */
function lastStepText({ step, tokens, loss, metrics }: StepEvent): string {
  const measured = Object.entries(metrics).map(([name, value]) => `${name} ${shownNumber(value)}`);
  return [`after ${step} steps, ${tokens} tokens`, `loss ${shownNumber(loss)}`, ...measured].join(" · ");
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
  /** the log has its first line already */
  resumed: boolean;
  head: { readonly run: string; readonly config: object };
}): (event: TrainerEvent) => Promise<void> {
  const { io, output, log, nSteps, resumed, head } = options;
  const clock = clockOf(io);
  let start = { at: clock(), step: 0 };
  let lastStep: StepEvent | undefined;

  const show = (event: TrainerEvent): void => {
    if (event.type === "run-start") start = { at: clock(), step: event.step };
    if (event.type === "warning") output.warn(`${event.message} (${event.code}, step ${event.step})`);
    if (event.type === "run-end" && lastStep !== undefined) output.say(lastStepText(lastStep));
    if (event.type !== "step") return;
    lastStep = event;
    const done = event.step - start.step;
    const secondsLeft = done === 0 ? undefined : ((clock() - start.at) / 1000 / done) * (nSteps - event.step);
    output.progress(progressText(event, secondsLeft, nSteps), event.step / nSteps);
  };

  return async (event) => {
    const line = (event.type === "run-start" ? { ...event, ...head } : event) as JsonObject as EventLine;
    if (!(resumed && event.type === "run-start")) await log.append(line);
    output.event(line);
    show(event);
  };
}

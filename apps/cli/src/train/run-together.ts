import { basename } from "node:path";
import type { ActionContext, Output } from "@plumbline/extract/terminal";
import { shareBatches } from "@plumbline/trainer";
import { withRunLock } from "../run-folder/run-lock.ts";
import type { RunRecord } from "../run-folder/run-record.ts";
import type { Training } from "./open-training.ts";
import type { TrainFlags } from "./resolve-train-config.ts";
import { runTraining } from "./run-training.ts";

/** A run whose folder is made. */
export interface StartedRun {
  readonly training: Training;
  readonly run: string;
  readonly record: RunRecord;
}

/** The output with the run's name on every line; of runs that keep step only the first tells how far they are. */
function labelled(output: Output, name: string, isFirst: boolean): Output {
  return {
    ...output,
    event: (line) => output.event({ ...line, run: name }),
    say: (text) => output.say(`${name} · ${text}`),
    warn: (text) => output.warn(`${name}: ${text}`),
    progress: (text, fraction) => {
      if (isFirst) output.progress(`${name} · ${text}`, fraction);
    },
  };
}

/**
 * Trains runs, several of them in lockstep on the same batches, each read once. A run that fails leaves the others to go on; the
 * first failure is thrown when all have ended.
 *
 * @returns exit code
 */
export async function runTogether(
  runs: readonly StartedRun[],
  context: ActionContext<TrainFlags>,
): Promise<number> {
  const [first, ...more] = runs;
  if (first === undefined) return 0;
  if (more.length === 0) {
    const { training, ...rest } = first;
    return withRunLock(first.run, () => runTraining(training, { ...context, ...rest }));
  }
  const shares = shareBatches(first.training.data.batches, runs.length);
  const ends = await Promise.allSettled(
    runs.map(async ({ training, run, record }, i) => {
      const output = labelled(context.output, basename(run), i === 0);
      const batches = shares[i]?.source;
      try {
        return await withRunLock(run, () =>
          runTraining(training, { ...context, output, run, record, batches }),
        );
      } finally {
        shares[i]?.leave();
      }
    }),
  );
  const failures = ends.flatMap((end, i) => (end.status === "rejected" ? [{ run: runs[i]?.run, end }] : []));
  for (const { run = "", end } of failures.slice(1)) {
    context.output.warn(
      `${basename(run)} failed too: ${end.reason instanceof Error ? end.reason.message : end.reason}`,
    );
  }
  if (failures[0] !== undefined) throw failures[0].end.reason;
  return Math.max(...ends.map((end) => (end.status === "fulfilled" ? end.value : 0)));
}

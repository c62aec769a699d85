import { basename, dirname, extname, join, resolve } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { type Io, shownPath } from "@plumbline/extract/terminal";
import { refuseExistingRun } from "../run-folder/create-run.ts";
import { withoutMetaSae } from "./control.ts";
import {
  defaultRunFolder,
  orderSeedOf,
  type ResolvedTrainConfig,
  resolveTrainConfig,
  type TrainFlags,
} from "./resolve-train-config.ts";
import type { TrainConfig } from "./train-config.ts";

/** A run to be made: what it trains, and its folder. */
export interface PlannedRun {
  readonly resolved: ResolvedTrainConfig;
  /** absolute */
  readonly run: string;
}

const refuse = (message: string, where: string, hint: string): PlumblineError =>
  new PlumblineError({
    code: "cannot-train-together",
    kind: "usage",
    message: `[cli] train: ${message}`,
    where,
    hint,
  });

/** `configs/wide.json` is `wide`. */
function nameOf(configPath: string): string {
  return basename(configPath, extname(configPath));
}

/** What a run learns from, in words; the seed of its order apart. */
function activationsOf({ activations }: TrainConfig): string {
  const { store, live, hookPoint, windowRows } = activations;
  return live === undefined ? `${store}` : `${live} ${hookPoint ?? ""} within ${windowRows} rows`;
}

/** Refuses runs that cannot learn from one pass over activations, or would be written to one place. */
function checkTogether(planned: readonly PlannedRun[], io: Io): void {
  const [first] = planned;
  for (const [i, { resolved, run }] of planned.entries()) {
    const shown = shownPath(run, io.cwd);
    if (planned.findIndex((other) => other.run === run) !== i) {
      throw refuse("two runs would be written to one folder", shown, 'give each configuration an "out"');
    }
    if (first === undefined || i === 0) continue;
    const [is, was] = [resolved.config, first.resolved.config];
    for (const [key, here, there] of [
      ["activations", activationsOf(is), activationsOf(was)],
      ["activations.seed", orderSeedOf(is), orderSeedOf(was)],
      ["trainer.batchSize", is.trainer.batchSize, was.trainer.batchSize],
    ] as const) {
      if (here === there) continue;
      throw refuse(
        `runs of one pass over activations have one ${key}; this has ${here}, the first has ${there}`,
        shown,
        `give all the same ${key}${key === "activations.seed" ? " (seed, where it is left out)" : ""}, or train them one after another`,
      );
    }
  }
}

/**
 * The runs that a command line asks for: one for each configuration, and with `--control` one more for each with a meta SAE, which
 * has none. With several configurations `--out` is the folder that all runs lie in.
 *
 * @throws PlumblineError `cannot-train-together`, `no-meta-sae`, `output-exists`, and what reading a configuration throws
 */
export async function planRuns(
  configPaths: readonly string[],
  { flags, io }: { flags: TrainFlags; io: Io },
): Promise<readonly PlannedRun[]> {
  const { out, ...rest } = flags;
  const isOne = configPaths.length === 1;
  const planned: PlannedRun[] = [];
  for (const path of configPaths) {
    const own = isOne || out === undefined ? flags : { ...rest, out: join(out, nameOf(path)) };
    const resolved = await resolveTrainConfig(path, { flags: own, io });
    const run = resolve(io.cwd, resolved.config.out ?? defaultRunFolder(resolved.config, io.cwd));
    planned.push({ resolved, run });
    if (flags.control !== true) continue;
    const control = join(dirname(run), `${basename(run)}-control`);
    planned.push({ resolved: withoutMetaSae(resolved, path), run: control });
  }
  checkTogether(planned, io);
  for (const { run } of planned) await refuseExistingRun(run, shownPath(run, io.cwd));
  return planned;
}

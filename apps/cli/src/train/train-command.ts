import { PlumblineError } from "@plumbline/core";
import type { ActionContext } from "@plumbline/extract/terminal";
import { dryRun } from "./dry-run.ts";
import type { TrainFlags } from "./resolve-train-config.ts";
import { resumeRun } from "./resume-run.ts";
import { startRuns } from "./start-run.ts";

/** `plumbline train <config…>`: new runs; with `--resume <run>` the rest of one; with `--dry-run` one step of each. */
export async function train(context: ActionContext<TrainFlags>): Promise<number> {
  const { args, flags } = context;
  const configs = args.filter((path) => path !== undefined);
  if (flags.resume !== undefined) {
    if (configs.length > 1 || flags.control === true) {
      throw new PlumblineError({
        code: "one-run",
        kind: "usage",
        message: "[cli] train --resume: goes on with one run",
        where: configs.length > 1 ? configs.join(" ") : "--control",
        hint: "resume each run by a command of its own: all end as they would have together",
      });
    }
    return resumeRun(context, { run: flags.resume, config: configs[0] });
  }
  if (configs.length === 0) {
    throw new PlumblineError({
      code: "missing-argument",
      kind: "usage",
      message: "[cli] train: expected a configuration, or --resume with a run",
      where: "plumbline train",
      hint: 'write plumbline train plumbline.config.json; "plumbline config schema" says what belongs in it',
    });
  }
  return flags.dryRun ? dryRun(context, configs) : startRuns(context, configs);
}

import { PlumblineError } from "@plumbline/core";
import type { ActionContext } from "@plumbline/extract/terminal";
import { dryRun } from "./dry-run.ts";
import type { TrainFlags } from "./resolve-train-config.ts";
import { resumeRun } from "./resume-run.ts";
import { startRun } from "./start-run.ts";

/** `plumbline train <config>`: a new run; with `--resume <run>` the rest of one; with `--dry-run` one step of it. */
export async function train(context: ActionContext<TrainFlags>): Promise<number> {
  const { args, flags } = context;
  const [config] = args;
  if (flags.resume !== undefined) return resumeRun(context, { run: flags.resume, config });
  if (config === undefined) {
    throw new PlumblineError({
      code: "missing-argument",
      kind: "usage",
      message: "[cli] train: expected a configuration, or --resume with a run",
      where: "plumbline train",
      hint: 'write plumbline train plumbline.config.json; "plumbline config schema" says what belongs in it',
    });
  }
  return flags.dryRun ? dryRun(context, config) : startRun(context, config);
}

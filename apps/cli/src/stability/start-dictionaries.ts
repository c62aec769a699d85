import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import type { ActionContext } from "@plumbline/extract/terminal";
import type { Dictionary } from "@plumbline/metrics";
import { runConfigFile } from "../run-folder/create-run.ts";
import { createTrainingEngine, openTraining } from "../train/open-training.ts";
import { resolveTrainConfig } from "../train/resolve-train-config.ts";

/** The dictionary that a run began with, made again from its configuration and seed. */
async function startOf(run: string, { io, output }: ActionContext<object>): Promise<Dictionary> {
  const resolved = await resolveTrainConfig(join(run, runConfigFile), { flags: {}, io });
  const training = await openTraining(resolved, { io, output });
  try {
    const engine = await createTrainingEngine(training);
    try {
      return { form: await engine.inference() };
    } finally {
      engine.dispose();
    }
  } finally {
    await training.close();
  }
}

/**
 * The dictionaries of step 0, the control of any claim of stability.
 *
 * @returns why there are none where a run's store is gone, or it is no run
 */
export async function startDictionaries(
  runs: readonly (string | undefined)[],
  context: ActionContext<object>,
): Promise<{ dictionaries: readonly Dictionary[] } | { reason: string }> {
  const dictionaries: Dictionary[] = [];
  for (const run of runs) {
    if (run === undefined) return { reason: "a checkpoint does not know how its run began; name the run" };
    try {
      dictionaries.push(await startOf(run, context));
    } catch (error) {
      if (!PlumblineError.isInstance(error) || error.kind === "bug") throw error;
      return { reason: error.what };
    }
  }
  return { dictionaries };
}

import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { loadInferenceForm } from "@plumbline/checkpoints/node";
import { type InferenceForm, PlumblineError } from "@plumbline/core";
import { checkpointsFolder, latestCheckpoint } from "./run-folder/checkpoint-folder.ts";
import { type RunRecord, readRunRecord, runRecordFile } from "./run-folder/run-record.ts";

/** A trained SAE with where it was found. */
export interface LoadedSae {
  readonly form: InferenceForm;
  /** folder of the checkpoint */
  readonly checkpoint: string;
  /** record of the run it belongs to, where the path was a run */
  readonly run?: RunRecord;
}

/** `run/step-00000200` for a run's checkpoint, the folder's name for another. */
export function saeName({ checkpoint, run }: LoadedSae): string {
  const name = basename(checkpoint);
  return run === undefined ? name : `${basename(dirname(dirname(checkpoint)))}/${name}`;
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Loads the SAE of a run (its latest checkpoint) or of a checkpoint.
 *
 * @throws PlumblineError `no-checkpoint`, `not-an-sae`, and what reading a checkpoint throws
 */
export async function loadSae(path: string): Promise<LoadedSae> {
  if (await exists(join(path, runRecordFile))) {
    const checkpoint = await latestCheckpoint(path);
    if (checkpoint === undefined) {
      throw new PlumblineError({
        code: "no-checkpoint",
        kind: "input",
        message: "[cli] the run has no checkpoint yet",
        where: join(path, checkpointsFolder),
        hint: "let it train on, or resume it",
      });
    }
    return { form: await loadInferenceForm(checkpoint), checkpoint, run: await readRunRecord(path) };
  }
  if (!(await exists(join(path, "sae.json")))) {
    throw new PlumblineError({
      code: "not-an-sae",
      kind: "input",
      message: "[cli] expected a run (run.json) or a checkpoint (sae.json)",
      where: path,
      hint: `check the path; "plumbline inspect" says what it is`,
    });
  }
  return { form: await loadInferenceForm(path), checkpoint: path };
}

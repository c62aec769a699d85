import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { loadInferenceForm, loadTrainingState, saveCheckpoint } from "@plumbline/checkpoints/node";
import type { EngineState, InferenceForm, JsonObject } from "@plumbline/core";
import { writeFileAtomically } from "@plumbline/core/node";

/** Name of the folder of checkpoints in a run's folder. */
export const checkpointsFolder = "checkpoints";
const latestFile = "latest";
const stepPattern = /^step-(\d{8,})$/;

/** What is saved: the SAE as it is shared, and everything that training needs to go on. */
export interface Checkpoint {
  readonly step: number;
  readonly form: InferenceForm;
  readonly engine: EngineState;
  readonly trainer: JsonObject;
}

/** `step-00000200` */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, "0")}`;
}

/** Names of the checkpoints in a run's folder, oldest first. */
export async function checkpointNames(run: string): Promise<readonly string[]> {
  const names = await readdir(join(run, checkpointsFolder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => stepPattern.test(name))
    .sort((a, b) => Number(stepPattern.exec(a)?.[1]) - Number(stepPattern.exec(b)?.[1]));
}

/** Path of the checkpoint that `latest` names, or the newest there is. */
export async function latestCheckpoint(run: string): Promise<string | undefined> {
  const names = await checkpointNames(run);
  const text = await readFile(join(run, checkpointsFolder, latestFile), "utf8").catch(() => "");
  const name = names.includes(text.trim()) ? text.trim() : names.at(-1);
  return name === undefined ? undefined : join(run, checkpointsFolder, name);
}

/** Removes a checkpoint so that a kill in the middle leaves no half of it under its name. */
async function removeWhole(path: string): Promise<void> {
  const doomed = `${path}.partial-removed`;
  await rm(doomed, { recursive: true, force: true });
  await rename(path, doomed);
  await rm(doomed, { recursive: true, force: true });
}

/**
 * Saves a checkpoint of a run, points `latest` at it, and removes all but the newest `keep`.
 *
 * @returns its path inside the run's folder, with forward slashes
 */
export async function writeCheckpoint(
  run: string,
  checkpoint: Checkpoint,
  options: { keep: number },
): Promise<{ path: string }> {
  const name = checkpointName(checkpoint.step);
  const folder = join(run, checkpointsFolder);
  const { form, engine, trainer } = checkpoint;
  // A run that stops right after a checkpoint saves the same one again.
  if (!(await checkpointNames(run)).includes(name)) {
    await saveCheckpoint(join(folder, name), { form, engine, trainer });
  }
  await writeFileAtomically(join(folder, latestFile), `${name}\n`);
  const names = await checkpointNames(run);
  for (const old of names.slice(0, Math.max(0, names.length - options.keep))) {
    await removeWhole(join(folder, old));
  }
  return { path: `${checkpointsFolder}/${name}` };
}

/**
 * Saves the state of a run that diverged beside its checkpoints: to look at, not to go on from.
 *
 * @returns its path inside the run's folder, with forward slashes
 */
export async function writeDivergedState(run: string, checkpoint: Checkpoint): Promise<{ path: string }> {
  const name = checkpointName(checkpoint.step).replace("step-", "diverged-");
  const { form, engine } = checkpoint;
  // JSON has no NaN, and the numbers of the last step may be that.
  const trainer = JSON.parse(JSON.stringify(checkpoint.trainer)) as JsonObject;
  const path = join(run, checkpointsFolder, name);
  await saveCheckpoint(path, { form, engine, trainer }, { whenNotFinite: "state-only" });
  return { path: `${checkpointsFolder}/${name}` };
}

/** Removes what a killed process left under temporary names, in the run's folder and among its checkpoints. */
export async function removePartials(run: string): Promise<void> {
  for (const folder of [run, join(run, checkpointsFolder)]) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((entry) => entry.includes(".partial-"))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/**
 * The newest checkpoint of a run that loads whole. Newer ones that do not are removed, for the resumed run will write them
 * again.
 *
 * @param onBroken told about each that was removed
 */
export async function newestWholeCheckpoint(
  run: string,
  onBroken: (name: string, error: unknown) => void,
): Promise<{ engine: EngineState; trainer: JsonObject } | undefined> {
  for (const name of [...(await checkpointNames(run))].reverse()) {
    const path = join(run, checkpointsFolder, name);
    try {
      await loadInferenceForm(path);
      return await loadTrainingState(path);
    } catch (error) {
      onBroken(name, error);
      await removeWhole(path);
    }
  }
  return undefined;
}

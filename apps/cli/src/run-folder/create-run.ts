import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { createFolderAtomically } from "@plumbline/core/node";
import { leftovers } from "@plumbline/extract/terminal";
import { exists } from "../load-sae.ts";
import { jsonText, type RunRecord, readRunRecord, runRecordFile } from "./run-record.ts";

/** Name of the resolved configuration in a run's folder. */
export const runConfigFile = "config.json";

/**
 * Refuses a folder that is there already; a run is only ever added to by resuming it.
 *
 * @param shown the folder as the user would write it
 * @throws PlumblineError `output-exists`
 */
export async function refuseExistingRun(folder: string, shown: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return;
  const isRun = await exists(join(folder, runRecordFile));
  const isUnfinished = isRun && (await readRunRecord(folder)).status !== "completed";
  throw new PlumblineError({
    code: "output-exists",
    kind: "usage",
    message: `[cli] train: the output exists already${isRun ? ", and is a run" : ""}`,
    where: shown,
    hint: isUnfinished
      ? `go on with it by --resume ${shown}, or choose another --out`
      : "choose another --out",
  });
}

/** Makes the folder of a run with its record and its configuration; whole or not at all. */
export async function createRun(
  folder: string,
  content: { record: RunRecord; config: object },
): Promise<void> {
  // Left by a process killed within the few milliseconds that this takes.
  for (const path of await leftovers(folder)) await rm(path, { recursive: true, force: true });
  await createFolderAtomically(folder, async (temporary) => {
    await writeFile(join(temporary, runConfigFile), jsonText(content.config));
    await writeFile(join(temporary, runRecordFile), jsonText(content.record));
  });
}

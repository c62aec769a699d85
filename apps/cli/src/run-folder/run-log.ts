import { constants, createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { JsonObject } from "@plumbline/core";

/** Name of the file in a run's folder. */
export const runLogFile = "metrics.ndjson";

/** The log of a run: one JSON object a line. */
export interface RunLog {
  /** resolves when the operating system has the line: it outlives the process */
  append(line: JsonObject): Promise<void>;
  /** resolves when the disk has all lines */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the log for appending; makes it where it is missing. */
export async function openRunLog(folder: string): Promise<RunLog> {
  const file = await open(join(folder, runLogFile), "a");
  return {
    append: (line) => file.appendFile(`${JSON.stringify(line)}\n`),
    flush: () => file.sync(),
    close: () => file.close(),
  };
}

interface LogLine {
  readonly type?: unknown;
  readonly step?: unknown;
}

/** A line of the log, where it is whole and part of the run up to and including `step`. */
function lineUpTo(text: string, step: number): LogLine | undefined {
  try {
    const line = JSON.parse(text) as LogLine;
    if (line.type === "run-end") return undefined;
    return typeof line.step !== "number" || line.step <= step ? line : undefined;
  } catch {
    return undefined;
  }
}

/** Length in bytes of the part up to `step`, and whether it says that the checkpoint of that step was saved. */
async function measure(path: string, step: number): Promise<{ bytes: number; tellsOfCheckpoint: boolean }> {
  let bytes = 0;
  let tellsOfCheckpoint = false;
  const input = createReadStream(path, "utf8");
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = lineUpTo(text, step);
      if (line === undefined) break;
      bytes += Buffer.byteLength(text) + 1;
      if (line.type === "checkpoint-saved" && line.step === step) tellsOfCheckpoint = true;
    }
  } catch (error) {
    // Killed before the first line.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    input.destroy();
  }
  return { bytes, tellsOfCheckpoint };
}

/**
 * Cuts the log back to what was written up to and including `step`, the step of a checkpoint, so that a resumed run repeats
 * no line. A half-written last line goes too; the line about the checkpoint, which a kill may have come before, is put in.
 */
export async function truncateRunLog(
  folder: string,
  step: number,
  checkpoint: { readonly tokens: number; readonly path: string },
): Promise<void> {
  const path = join(folder, runLogFile);
  const { bytes, tellsOfCheckpoint } = await measure(path, step);
  // No flag of its own both makes a file and allows cutting it.
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  try {
    // From the beginning the first line is written again, too.
    await file.truncate(step === 0 ? 0 : Math.min(bytes, (await file.stat()).size));
    if (step === 0 || tellsOfCheckpoint) return;
    const line = { type: "checkpoint-saved", v: 1, step, ...checkpoint };
    await file.write(`${JSON.stringify(line)}\n`, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

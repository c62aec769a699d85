import { open } from "node:fs/promises";
import { join } from "node:path";
import { shownNumber } from "@plumbline/extract/terminal";
import { checkpointNames, checkpointsFolder, latestCheckpoint } from "../run-folder/checkpoint-folder.ts";
import { runLogFile } from "../run-folder/run-log.ts";
import { readRunRecord } from "../run-folder/run-record.ts";
import type { Inspection } from "./inspection.ts";

/** Enough for many lines of the log. */
const tailBytes = 65536;

interface StepLine {
  readonly type?: string;
  readonly step?: number;
  readonly metrics?: Readonly<Record<string, number>>;
}

/** The last step in the log. */
async function lastStep(run: string): Promise<StepLine | undefined> {
  const file = await open(join(run, runLogFile)).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    for (const text of buffer.toString("utf8", 0, bytesRead).split("\n").reverse()) {
      try {
        const line = JSON.parse(text) as StepLine;
        if (line.type === "step") return line;
      } catch {
        // An empty, cut or half-written line.
      }
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** A run: how it stands, and where its newest checkpoint is. */
export async function inspectRun(path: string): Promise<Inspection> {
  const record = await readRunRecord(path);
  const names = await checkpointNames(path);
  const latest = await latestCheckpoint(path);
  const line = await lastStep(path);
  const measured = Object.entries(line?.metrics ?? {}).map(
    ([name, value]) => `${name} ${shownNumber(value)}`,
  );
  const unfinished = record.status !== "completed";
  return {
    kind: "run",
    facts: {
      status: record.status,
      started: record.startedAt,
      ...(record.endedAt === undefined ? {} : { ended: record.endedAt }),
      dIn: record.dIn,
      dSae: record.dSae,
      seed: record.seed,
      backend: `${record.backend.name} (${record.backend.why})`,
      steps: `${line?.step ?? 0} of ${record.nSteps}, ${record.batchSize} tokens each`,
      ...(measured.length === 0 ? {} : { "last step": measured.join(" · ") }),
      checkpoints: names.length === 0 ? "none" : names.join(", "),
      ...(latest === undefined ? {} : { latest: `${checkpointsFolder}/${names.at(-1) ?? ""}` }),
    },
    problems:
      unfinished && names.length === 0 ? ["no checkpoint yet: --resume starts from the beginning"] : [],
  };
}

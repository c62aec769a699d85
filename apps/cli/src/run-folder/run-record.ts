import { join } from "node:path";
import { type ConfigSchema, type JsonObject, PlumblineError, parseConfig } from "@plumbline/core";
import { readJsonFile, writeFileAtomically } from "@plumbline/core/node";
import { z } from "zod";

/** How a run stands. */
export type RunStatus = "running" | "completed" | "interrupted" | "diverged" | "failed";

/** `run.json`: what made a run and how it stands. Holds times, but no path and no host. */
export interface RunRecord {
  readonly format: "plumbline-run";
  readonly version: 1;
  readonly status: RunStatus;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** of Node, Plumbline and the backend's libraries */
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: {
    readonly name: string;
    readonly device: string;
    readonly deterministic: boolean;
    /** why this one */
    readonly why: string;
  };
  readonly dIn: number;
  readonly dSae: number;
  readonly seed: number;
  /** factor that activations were multiplied by */
  readonly inputScale: number;
  readonly nSteps: number;
  readonly batchSize: number;
  /** the store that it learned from; a resumed run must find the same */
  readonly activations: {
    readonly sha256: string;
    readonly nRows: number;
    readonly hookPoint?: string | undefined;
  };
  readonly resumed: readonly { readonly at: string; readonly fromStep: number }[];
}

const schema: ConfigSchema<RunRecord> = z.strictObject({
  format: z.literal("plumbline-run"),
  version: z.literal(1),
  status: z.enum(["running", "completed", "interrupted", "diverged", "failed"]),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  versions: z.record(z.string(), z.string()),
  backend: z.strictObject({
    name: z.string(),
    device: z.string(),
    deterministic: z.boolean(),
    why: z.string(),
  }),
  dIn: z.int().positive(),
  dSae: z.int().positive(),
  seed: z.int(),
  inputScale: z.number().positive(),
  nSteps: z.int().min(0),
  batchSize: z.int().positive(),
  activations: z.strictObject({
    sha256: z.string(),
    nRows: z.int().positive(),
    hookPoint: z.string().optional(),
  }),
  resumed: z.array(z.strictObject({ at: z.string(), fromStep: z.int().min(0) })),
});

/** Name of the file in a run's folder. */
export const runRecordFile = "run.json";

/** A file of ours that does not parse is bad input, not bad usage. */
export function asInput(error: unknown, path: string): unknown {
  if (!PlumblineError.isInstance(error) || error.kind !== "usage") return error;
  return new PlumblineError({
    code: "bad-run",
    kind: "input",
    message: error.what,
    where: `${path}${error.where === undefined ? "" : `, ${error.where}`}`,
    hint: "the file is damaged or of another version",
    cause: error,
  });
}

/** @throws PlumblineError `no-such-file`, `bad-json`, `bad-run` */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, runRecordFile);
  const value = await readJsonFile(path);
  try {
    return parseConfig(schema, value, { from: "[cli] run.json" });
  } catch (error) {
    throw asInput(error, path);
  }
}

export function jsonText(value: object): string {
  return `${JSON.stringify(value as JsonObject, undefined, 2)}\n`;
}

export async function writeRunRecord(folder: string, record: RunRecord): Promise<void> {
  await writeFileAtomically(join(folder, runRecordFile), jsonText(record));
}

import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PlumblineError } from "@plumbline/core";
import {
  type ActionContext,
  exitCodes,
  expectedError,
  type Output,
  shownNumber,
  textTable,
} from "@plumbline/extract/terminal";
import { exists } from "../load-sae.ts";
import { runRecordFile } from "../run-folder/run-record.ts";
import { storeManifestFile } from "../run-folder/store-fingerprint.ts";
import { inspectCheckpoint } from "./inspect-checkpoint.ts";
import { inspectRun } from "./inspect-run.ts";
import { inspectSafetensors } from "./inspect-safetensors.ts";
import { inspectStore } from "./inspect-store.ts";
import type { Inspection } from "./inspection.ts";

/** What tells a folder: the file that it must have. */
const folders: readonly (readonly [file: string, inspect: (path: string) => Promise<Inspection>])[] = [
  [runRecordFile, inspectRun],
  [storeManifestFile, inspectStore],
  ["sae.json", inspectCheckpoint],
];

async function inspectPath(path: string): Promise<Inspection> {
  const found = await stat(path).catch((error: unknown) => {
    throw expectedError(error);
  });
  if (found.isFile() && path.endsWith(".safetensors")) return inspectSafetensors(path);
  if (found.isDirectory()) {
    for (const [file, inspectFolder] of folders) {
      if (await exists(join(path, file))) return inspectFolder(path);
    }
  }
  throw new PlumblineError({
    code: "not-recognised",
    kind: "input",
    message: `[cli] inspect: a ${found.isDirectory() ? "folder" : "file"} that is nothing we know`,
    where: path,
    hint: "it knows runs (run.json), stores (store.json), checkpoints (sae.json) and .safetensors files",
  });
}

function print(found: Inspection, output: Output): void {
  const { bold, red } = output.colors;
  const facts = Object.entries(found.facts).map(([name, value]) => [
    name,
    typeof value === "number" ? shownNumber(value) : String(value),
  ]);
  output.data(bold(found.kind));
  if (facts.length > 0) output.data(textTable(facts, { indent: "  " }));
  if (found.table !== undefined) {
    output.data(`${bold(found.table.title)}\n${textTable(found.table.rows, { indent: "  " })}`);
  }
  for (const problem of found.problems) output.data(`${red("problem:")} ${problem}`);
}

/** `plumbline inspect <path>`: says what it is; exit code 3 where something is wrong with it. */
export async function inspect({ io, output, args }: ActionContext<object>): Promise<number> {
  const path = resolve(io.cwd, args[0] ?? "");
  const found = await inspectPath(path);
  print(found, output);
  const { kind, facts, details = {}, problems } = found;
  output.event({ type: "inspect-end", v: 1, kind, facts, ...details, problems: [...problems] });
  return problems.length === 0 ? 0 : exitCodes.input;
}

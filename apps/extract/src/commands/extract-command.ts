import { stat } from "node:fs/promises";
import { writeActivationStores } from "@plumbline/activation-store/node";
import { PlumblineError } from "@plumbline/core";
import { extractionFingerprint, openExtraction, outputOf, readExtraction } from "../open-extraction.ts";
import { clockOf } from "../terminal/io.ts";
import type { Output } from "../terminal/output.ts";
import type { ActionContext } from "../terminal/program.ts";
import { leftovers, shownPath } from "../terminal/shown-path.ts";
import { describePass } from "./describe-pass.ts";
import type { ExtractFlags } from "./extract-flags.ts";
import { plan } from "./plan-command.ts";

/** How the store names what the configuration calls by its usual name. */
export const storeDtypes = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

const isAddress = (path: string): boolean => path.startsWith("s3://");

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function refuseExisting(path: string, shown: string, resume: boolean): Promise<void> {
  if (isAddress(path) || !(await isThere(path))) return;
  // One killed after its last step has left both: the store is done, and writing it says so.
  if (resume && (await isThere(`${path}.partial`))) return;
  throw new PlumblineError({
    code: "output-exists",
    kind: "usage",
    message: "[extract] the output exists already",
    where: shown,
    hint: "choose another with --out, or remove it first",
  });
}

/** Between progress lines with --json. */
const eventIntervalMs = 1000;

/** Follows a writing: a bar or lines for people, events for programs. */
function follow(output: Output, clock: () => number) {
  const start = clock();
  let lastEvent = start;
  let before: number | undefined;
  return ({
    nRows,
    nRowsInAll,
    nShards,
  }: {
    nRows: number;
    nRowsInAll: number | undefined;
    nShards: number;
  }) => {
    // What an earlier attempt left does not count for the speed.
    before ??= nRows;
    const perSecond = Math.round(((nRows - before) * 1000) / Math.max(1, clock() - start));
    const rows = nRowsInAll === undefined ? `${nRows} rows` : `${nRows}/${nRowsInAll} rows`;
    output.progress(
      `${rows} · ${nShards} shards · ${perSecond} rows/s`,
      nRowsInAll === undefined ? undefined : nRows / nRowsInAll,
    );
    if (clock() - lastEvent < eventIntervalMs) return;
    lastEvent = clock();
    output.event({ type: "extract-progress", v: 1, nRows, nRowsInAll: nRowsInAll ?? null, nShards });
  };
}

/** `plumbline-extract <config>`: runs the source and writes the store. */
export async function extract(context: ActionContext<ExtractFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  if (flags.dryRun === true) return plan(context);
  const extraction = await readExtraction(args[0] ?? "", { io, set: flags.set, out: flags.out });
  const { config } = extraction;
  const out = outputOf(extraction);
  const shown = isAddress(out) ? out : shownPath(out, io.cwd);
  await refuseExisting(out, shown, flags.resume === true);
  for (const path of isAddress(out) ? [] : await leftovers(out)) {
    // Not removed: another extraction may be writing there.
    output.warn(
      `${shownPath(path, io.cwd)} is of an extraction that runs or was killed; remove it if it was killed`,
    );
  }
  const pass = await openExtraction(extraction, { signal: io.signal, say: output.say });
  output.say(`extract · ${describePass(pass)} → ${shown}`);
  output.event({
    type: "extract-start",
    v: 1,
    source: pass.name,
    hooks: pass.hooks.map(({ hookPoint, dIn }) => ({ hookPoint: hookPoint ?? null, dIn })),
    nRows: pass.nRows ?? null,
    path: shown,
  });
  const stores = await writeActivationStores(out, pass, {
    rowsPerShard: config.rowsPerShard,
    dtype: storeDtypes[config.dtype],
    resumable: { fingerprint: extractionFingerprint(extraction, pass) },
    resume: flags.resume === true,
    ...(io.signal === undefined ? {} : { signal: io.signal }),
    onProgress: follow(output, clockOf(io)),
  });
  for (const { path, manifest } of stores) {
    const at = isAddress(path) ? path : shownPath(path, io.cwd);
    output.say(`wrote ${manifest.nRows} rows in ${manifest.shards.length} shards to ${at}`);
  }
  const nRows = stores[0]?.manifest.nRows ?? 0;
  output.event({ type: "extract-end", v: 1, path: shown, nRows, nStores: stores.length });
  return undefined;
}

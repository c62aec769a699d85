import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { writeActivationStore } from "@plumbline/activation-store/node";
import { type ActivationSource, PlumblineError, parseConfig } from "@plumbline/core";
import { loadConfigDocument } from "../config/config-document.ts";
import { type LayeredConfig, layerConfig } from "../config/layered-config.ts";
import { type ExtractConfig, extractConfigSchema } from "../extract-config.ts";
import { loadPlugins } from "../plugins.ts";
import type { SourcePlugin } from "../source-plugin.ts";
import { sourceRegistry } from "../source-registry.ts";
import { clockOf, type Io } from "../terminal/io.ts";
import type { Output } from "../terminal/output.ts";
import type { ActionContext } from "../terminal/program.ts";
import { leftovers, shownPath } from "../terminal/shown-path.ts";

/** Flags of the command. */
export interface ExtractFlags {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly dryRun?: boolean;
}

async function openSource(
  config: ExtractConfig,
  layers: LayeredConfig,
  context: { folder: string; io: Io },
): Promise<ActivationSource> {
  const registry = sourceRegistry(await loadPlugins(config.plugins, context.folder));
  const { name, ...options } = config.source;
  let plugin: SourcePlugin;
  try {
    plugin = registry.get(name);
  } catch (error) {
    throw layers.locate(error, "source.name");
  }
  let checked: object;
  try {
    checked = parseConfig(plugin.schema, options, { from: `[extract] source ${name}` });
  } catch (error) {
    throw layers.locate(error, "source");
  }
  return plugin.open(checked, {
    resolvePath: (path) => resolve(context.folder, path),
    signal: context.io.signal,
  });
}

async function refuseExisting(path: string, shown: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
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

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function describeSource(source: ActivationSource): string {
  const rows = source.nRows === undefined ? "rows: as many as come" : `${source.nRows} rows`;
  return `${source.name}${source.hookPoint === undefined ? "" : ` at ${source.hookPoint}`} · ${rows} · dIn ${source.dIn}`;
}

async function tryFirstChunk(
  source: ActivationSource,
  config: ExtractConfig,
  context: { io: Io; output: Output },
) {
  const clock = clockOf(context.io);
  const start = clock();
  const signal = context.io.signal;
  for await (const chunk of source.chunks(signal === undefined ? {} : { signal })) {
    const elapsedMs = Math.max(1, clock() - start);
    const bytes = source.nRows === undefined ? undefined : source.nRows * source.dIn * 4;
    const seconds =
      source.nRows === undefined ? undefined : ((source.nRows / chunk.nRows) * elapsedMs) / 1000;
    context.output.data(
      [
        describeSource(source),
        `first chunk: ${chunk.nRows} rows in ${elapsedMs.toFixed(0)} ms`,
        bytes === undefined
          ? "disk and time: unknown, the source does not say how many rows it has"
          : `disk: ${mebibytes(bytes)} in ${Math.ceil((source.nRows ?? 0) / config.rowsPerShard)} shards · time: about ${(seconds ?? 0).toFixed(1)} s`,
        "nothing was written",
      ].join("\n"),
    );
    context.output.event({
      type: "extract-plan",
      v: 1,
      source: source.name,
      dIn: source.dIn,
      nRows: source.nRows ?? null,
      bytes: bytes ?? null,
      seconds: seconds ?? null,
    });
    return;
  }
  throw new PlumblineError({
    code: "empty-source",
    kind: "input",
    message: `[extract] the source "${source.name}" has no rows`,
    hint: "check its configuration",
  });
}

/** `plumbline-extract <config>`: runs the source and writes the store. */
export async function extract(context: ActionContext<ExtractFlags>): Promise<undefined> {
  const { io, output, flags, args } = context;
  const document = await loadConfigDocument(args[0] ?? "", io.cwd);
  const layers = layerConfig({
    document,
    cwd: io.cwd,
    set: flags.set,
    flags: { out: { flag: "--out", value: flags.out } },
    paths: ["out"],
  });
  const config = layers.parse(extractConfigSchema, "[extract] config");
  const shown = shownPath(config.out, io.cwd);
  await refuseExisting(config.out, shown);
  for (const path of await leftovers(config.out)) {
    // Not removed: another extraction may be writing there.
    output.warn(
      `${shownPath(path, io.cwd)} is of an extraction that runs or was killed; remove it if it was killed`,
    );
  }
  const source = await openSource(config, layers, { folder: document.folder, io });
  if (flags.dryRun) {
    await tryFirstChunk(source, config, { io, output });
    return;
  }
  output.say(`extract · ${describeSource(source)} → ${shown}`);
  output.event({
    type: "extract-start",
    v: 1,
    source: source.name,
    hookPoint: source.hookPoint ?? null,
    dIn: source.dIn,
    nRows: source.nRows ?? null,
    path: shown,
  });
  const clock = clockOf(io);
  const start = clock();
  let lastEvent = start;
  const manifest = await writeActivationStore(config.out, source, {
    rowsPerShard: config.rowsPerShard,
    ...(io.signal === undefined ? {} : { signal: io.signal }),
    onProgress: ({ nRows, nRowsInAll, nShards }) => {
      const perSecond = Math.round((nRows * 1000) / Math.max(1, clock() - start));
      const rows = nRowsInAll === undefined ? `${nRows} rows` : `${nRows}/${nRowsInAll} rows`;
      output.progress(
        `${rows} · ${nShards} shards · ${perSecond} rows/s`,
        nRowsInAll === undefined ? undefined : nRows / nRowsInAll,
      );
      if (clock() - lastEvent < eventIntervalMs) return;
      lastEvent = clock();
      output.event({ type: "extract-progress", v: 1, nRows, nRowsInAll: nRowsInAll ?? null, nShards });
    },
  });
  output.say(`wrote ${manifest.nRows} rows in ${manifest.shards.length} shards to ${shown}`);
  output.event({ type: "extract-end", v: 1, path: shown, nRows: manifest.nRows });
}

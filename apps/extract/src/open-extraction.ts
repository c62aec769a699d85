import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { type ActivationPass, PlumblineError, parseConfig, passOf } from "@plumbline/core";
import { loadConfigDocument } from "./config/config-document.ts";
import { type LayeredConfig, layerConfig } from "./config/layered-config.ts";
import { type ExtractConfig, extractConfigSchema } from "./extract-config.ts";
import { loadPlugins } from "./plugins.ts";
import type { SourceContext, SourcePlugin } from "./source-plugin.ts";
import { sourceRegistry } from "./source-registry.ts";
import type { Io } from "./terminal/io.ts";

/** An extraction's configuration, and the folder that relative paths in it start from. */
export interface Extraction {
  readonly config: ExtractConfig;
  readonly layers: LayeredConfig;
  readonly folder: string;
}

/** Reads a configuration: file, then `--set`, then flags. */
export async function readExtraction(
  path: string,
  options: {
    readonly io: Pick<Io, "cwd">;
    readonly set?: readonly string[] | undefined;
    readonly out?: string | undefined;
  },
): Promise<Extraction> {
  const { io, set, out } = options;
  const document = await loadConfigDocument(path, io.cwd);
  const isAddress = (text: unknown): boolean => typeof text === "string" && text.startsWith("s3://");
  const layers = layerConfig({
    document,
    cwd: io.cwd,
    set,
    flags: { out: { flag: "--out", value: out } },
    paths: isAddress(out ?? document.value.out) ? [] : ["out"],
  });
  return { config: layers.parse(extractConfigSchema, "[extract] config"), layers, folder: document.folder };
}

/**
 * Opens the source that a configuration names.
 *
 * @throws PlumblineError `unknown-source` and refusals of the source's options, with their place in the configuration; what the source throws
 */
export async function openExtraction(
  { config, layers, folder }: Extraction,
  context: Pick<SourceContext, "signal" | "say"> = {},
): Promise<ActivationPass> {
  const registry = sourceRegistry(await loadPlugins(config.plugins, folder));
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
  return passOf(await plugin.open(checked, { ...context, resolvePath: (path) => resolve(folder, path) }));
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Stands for all that the rows of an extraction depend on, as far as it is known before they are made. */
export function extractionFingerprint({ config }: Extraction, pass: ActivationPass): string {
  const { hooks, provenance = {} } = pass;
  return createHash("sha256")
    .update(canonical({ source: config.source, hooks, provenance }))
    .digest("hex");
}

/** Where the store goes. @throws PlumblineError `no-output` */
export function outputOf({ config }: Extraction): string {
  if (config.out !== undefined) return config.out;
  throw new PlumblineError({
    code: "no-output",
    kind: "usage",
    message: "[extract] expected a folder for the store, got none",
    hint: 'give "out" in the configuration, or --out',
  });
}

import { createRegistry, type Registry } from "@plumbline/core";
import { builtInSources } from "./built-in-sources.ts";
import type { PlumblinePlugin } from "./plugins.ts";
import { type SourcePlugin, sourcePluginSpecVersion } from "./source-plugin.ts";

/**
 * All sources by name: the built-in ones and those of plugins.
 *
 * @throws PlumblineError `duplicate-source`, `foreign-spec-version`
 */
export function sourceRegistry(plugins: readonly PlumblinePlugin[]): Registry<SourcePlugin> {
  return createRegistry(
    { kind: "source", specVersion: sourcePluginSpecVersion, nameOf: (source) => source.name },
    [...builtInSources, ...plugins.flatMap((plugin) => plugin.sources ?? [])],
  );
}

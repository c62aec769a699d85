export { type ExtractConfig, extractConfigSchema } from "./extract-config.ts";
export { type Extraction, extractionFingerprint, openExtraction, readExtraction } from "./open-extraction.ts";
export { loadPlugins, type PlumblinePlugin } from "./plugins.ts";
export { describeExtract, runExtract } from "./run-extract.ts";
export {
  defineSource,
  type SourceContext,
  type SourcePlugin,
  sourcePluginSpecVersion,
} from "./source-plugin.ts";
export { sourceRegistry } from "./source-registry.ts";

import type { PlumblinePlugin } from "@plumbline/extract";
import { useLiteSource } from "./use-lite-source.ts";

/** The plugin module that the demo's configurations name. */
const plugin: PlumblinePlugin = { sources: [useLiteSource] };

// biome-ignore lint/style/noDefaultExport: plugin modules are found by their default export.
export default plugin;

import type { SourcePlugin } from "./source-plugin.ts";
import { npySource, parquetSource, safetensorsSource } from "./sources/file-sources.ts";
import { onnxSource } from "./sources/onnx-source.ts";
import { tfjsGraphSource } from "./sources/tfjs-graph-source.ts";

/** The sources that come with the command. */
export const builtInSources: readonly SourcePlugin[] = [
  npySource,
  safetensorsSource,
  parquetSource,
  onnxSource,
  tfjsGraphSource,
];

export {
  defaultGraphModelLimits,
  type GraphModelLimits,
  loadGraphModelFromFolder,
} from "./node/load-graph-model-from-folder.ts";
export { npyFileSource } from "./node/npy-file-source.ts";
export { type SafetensorsSourceOptions, safetensorsFileSource } from "./node/safetensors-file-source.ts";

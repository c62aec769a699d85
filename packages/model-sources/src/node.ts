export { npyFileSource } from "./node/npy-file-source.ts";
export { type SafetensorsSourceOptions, safetensorsFileSource } from "./node/safetensors-file-source.ts";

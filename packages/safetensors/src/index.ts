export type { SafetensorsDtype } from "./dtype.ts";
export {
  encodeSafetensors,
  type TensorData,
  type TensorLayout,
  type TensorToWrite,
} from "./encode-safetensors.ts";
export { defaultLimits, type SafetensorsLimits } from "./limits.ts";
export { parseHeader, type SafetensorsHeader } from "./parse-header.ts";
export { readSafetensors, type SafetensorsFile } from "./read-safetensors.ts";
export type { TensorEntry } from "./tensor-entry.ts";

export type { SafetensorsDtype } from "./dtype.ts";
export { encodeSafetensors, type TensorToWrite } from "./encode-safetensors.ts";
export { defaultLimits, type SafetensorsLimits } from "./limits.ts";
export { parseHeader, type SafetensorsHeader } from "./parse-header.ts";
export type { TensorLayout } from "./plan-file.ts";
export { readSafetensors, type SafetensorsFile } from "./read-safetensors.ts";
export type { TensorData } from "./tensor-data.ts";
export type { TensorEntry } from "./tensor-entry.ts";
export { type FloatDtype, widenFloats } from "./widen.ts";

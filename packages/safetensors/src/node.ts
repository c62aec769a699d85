export {
  createSafetensorsWriter,
  type SafetensorsWriter,
} from "./node/create-safetensors-writer.ts";
export { openSafetensors, type SafetensorsReader } from "./node/open-safetensors.ts";
export type { TensorValues } from "./node/read-tensor.ts";
export { writeSafetensors } from "./node/write-safetensors.ts";

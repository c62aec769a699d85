export {
  createSafetensorsWriter,
  type SafetensorsWriter,
} from "./node/create-safetensors-writer.ts";
export { openSafetensors, type SafetensorsReader, type TensorValues } from "./node/open-safetensors.ts";
export { writeSafetensors } from "./node/write-safetensors.ts";

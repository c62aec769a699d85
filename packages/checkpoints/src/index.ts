export { decodeInferenceForm, encodeInferenceForm, type InferenceFiles } from "./inference-file.ts";
export { type Sha256, sha256 } from "./sha256.ts";
export {
  decodeTrainingState,
  encodeTrainingState,
  type TrainingFiles,
  type TrainingState,
} from "./training-file.ts";

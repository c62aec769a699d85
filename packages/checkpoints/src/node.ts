export { loadInferenceForm, loadTrainingState } from "./node/load-checkpoint.ts";
export {
  type CheckpointContent,
  type SaveCheckpointOptions,
  type SavedCheckpoint,
  saveCheckpoint,
} from "./node/save-checkpoint.ts";

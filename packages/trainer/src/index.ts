export { createRunLog, eventLine, eventVersion, type RunStatus, type TrainerEvent } from "./events.ts";
export { inputScaleFor } from "./input-scale.ts";
export { type SharedBatches, shareBatches } from "./share-batches.ts";
export { train } from "./train.ts";
export type { TrainerCheckpoint, TrainOptions, TrainResult } from "./train-options.ts";
export { resumedState, type TrainerState } from "./trainer-state.ts";

export { passOf, skipRows, sourceAt, takeRows } from "./activation-pass.ts";
export {
  type ActivationChunk,
  type ActivationPass,
  type ActivationSource,
  type ActivationStatistics,
  activationSourceSpecVersion,
  type BatchSource,
  type PassChunk,
  type PassHook,
  type PassReading,
} from "./activations.ts";
export {
  type ActivationSample,
  type AdamConstants,
  type Architecture,
  type ArchitectureDefinition,
  type ArchitectureFactory,
  architectureSpecVersion,
  type Constraint,
  defineArchitecture,
  type FusedDescription,
  type InferenceTensors,
  type InitContext,
  type LossInput,
  type LossOutput,
  type Named,
  type SaeShape,
} from "./architecture.ts";
export { type Backend, type BackendProbe, backendSpecVersion, type EngineOptions } from "./backend.ts";
export { type ConfigSchema, parseConfig } from "./config.ts";
export type {
  EngineState,
  RowPenalty,
  SaeEngine,
  SaeInference,
  StepControls,
  StepStats,
} from "./engine.ts";
export { checkControls } from "./engine-checks/check-controls.ts";
export { checkForm } from "./engine-checks/check-form.ts";
export { checkState } from "./engine-checks/check-state.ts";
export { checkWidths } from "./engine-checks/check-widths.ts";
export { engineDisposed } from "./engine-checks/engine-disposed.ts";
export {
  type EngineStateGroups,
  engineStatePrefixes,
  joinState,
  splitState,
} from "./engine-checks/engine-state-names.ts";
export { inferenceForm } from "./engine-checks/inference-form.ts";
export { rowsOf } from "./engine-checks/rows-of.ts";
export { shapeMismatch } from "./engine-checks/shape-mismatch.ts";
export { nearest } from "./errors/nearest.ts";
export { type ErrorKind, PlumblineError, type PlumblineErrorOptions } from "./errors/plumbline-error.ts";
export { unknownNameError } from "./errors/unknown-name-error.ts";
export {
  type ActivationRule,
  foldInputScale,
  type InferenceForm,
  type NamedArray,
} from "./inference-form.ts";
export type { Json, JsonObject } from "./json.ts";
export {
  createRandom,
  fillNormal,
  permutation,
  type Random,
  type RandomState,
  randomFromState,
} from "./random.ts";
export { createRegistry, type Registry } from "./registry.ts";
export type { Progress, Schedule, ScheduleState } from "./schedule.ts";
export { denseFromSparse, type SparseLatents, sparseFromDense } from "./sparse-latents.ts";
export type { HookBatch, ReplaceActivations, SplicedModel } from "./spliced-model.ts";

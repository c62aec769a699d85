export { createGenericEngine, type GenericEngineOptions } from "./generic-engine.ts";
export { openGenericInference } from "./open-inference.ts";
export { startTfjsBackend } from "./start-backend.ts";
export {
  defineTfjsBackend,
  type TfjsAbsence,
  type TfjsBackendDefinition,
  type TfjsDevice,
} from "./tfjs-backend.ts";

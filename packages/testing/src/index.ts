export { referenceAlignment, referenceDecode, referenceEncode } from "./reference/reference-sae.ts";
export {
  codeThrownBy,
  expectCloseNumbers,
  expectSameNumbers,
  expectThat,
  type TestRunner,
} from "./runner.ts";
export { type ArchitectureSuiteOptions, architectureSuite } from "./suites/architecture-suite.ts";
export { type BackendSuiteOptions, backendSuite } from "./suites/backend-suite.ts";
export { batchSourceSuite } from "./suites/batch-source-suite.ts";
export type { EngineCase, EngineSuiteOptions } from "./suites/engine/harness.ts";
export { engineSuite } from "./suites/engine-suite.ts";
export { sourceSuite } from "./suites/source-suite.ts";
export { synthSaeBench16k } from "./synthetic/presets.ts";
export {
  type SyntheticActivations,
  type SyntheticBatch,
  syntheticActivations,
} from "./synthetic/synthetic-activations.ts";
export type { FiringOptions, HierarchyOptions, SyntheticOptions } from "./synthetic/synthetic-options.ts";
export { meanMaxCosine } from "./toy/mean-max-cosine.ts";
export { memoryBatches, sampleOf } from "./toy/memory-batches.ts";
export {
  type ToySuperposition,
  type ToySuperpositionOptions,
  toySuperposition,
} from "./toy/toy-superposition.ts";
export { workedForm, workedRow } from "./worked-form.ts";

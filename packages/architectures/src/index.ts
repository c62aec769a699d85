export { batchTopK } from "./batch-topk/batch-topk.ts";
export type { BatchTopKConfig } from "./batch-topk/config.ts";
export { builtInArchitectures } from "./built-in.ts";
export type { GatedConfig } from "./gated/config.ts";
export { gated } from "./gated/gated.ts";
export { type GatedAnnealConfig, gatedAnneal } from "./gated/gated-anneal.ts";
export type { JumpReluConfig } from "./jumprelu/config.ts";
export { jumpRelu } from "./jumprelu/jumprelu.ts";
export { type MatryoshkaConfig, matryoshkaBatchTopK } from "./matryoshka-batch-topk/matryoshka-batch-topk.ts";
export { type PAnnealConfig, pAnneal } from "./p-anneal/p-anneal.ts";
export type { Preset, PresetShape, Recipe } from "./presets/preset.ts";
export { presets } from "./presets/presets.ts";
export type { ReluConfig } from "./relu/config.ts";
export { relu } from "./relu/relu.ts";
export { defaultAdam } from "./shared/adam.ts";
export { type AuxkConfig, type AuxkInput, auxkTerm } from "./shared/auxk.ts";
export { decoderNorms, foldDecoderNorms } from "./shared/decoder-norm.ts";
export type { CommonConfig } from "./shared/fields.ts";
export {
  deadCount,
  defaultDeadAfterTokens,
  type Firing,
  firingBuffers,
  nextFiring,
} from "./shared/firing.ts";
export {
  decoderOf,
  encoderOf,
  randomUnitRows,
  standardParameters,
  standardTensors,
} from "./shared/parameters.ts";
export { batchExplainedVariance, squaredError } from "./shared/reconstruction.ts";
export { standardStatisticNames, standardStatistics } from "./shared/statistics.ts";
export { unitDecoder } from "./shared/unit-decoder.ts";
export type { TopKConfig } from "./topk/config.ts";
export { topK } from "./topk/topk.ts";

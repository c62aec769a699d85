export type { ReluConfig } from "./relu/config.ts";
export { relu } from "./relu/relu.ts";
export { defaultAdam } from "./shared/adam.ts";
export { deadCount, defaultDeadAfterTokens, firingBuffers, nextFiring } from "./shared/firing.ts";
export {
  decoderOf,
  encoderOf,
  randomUnitRows,
  standardParameters,
  standardTensors,
} from "./shared/parameters.ts";
export { batchExplainedVariance, squaredError } from "./shared/reconstruction.ts";
export { unitDecoder } from "./shared/unit-decoder.ts";
export { auxk } from "./topk/auxk.ts";
export type { TopKConfig } from "./topk/config.ts";
export { topK } from "./topk/topk.ts";

export { decomposabilityOf } from "./decomposability.ts";
export { type DecoderExplanation, type ExplainOptions, explainDecoder } from "./explain-decoder.ts";
export { metaSaeControls } from "./joint-scalars.ts";
export { createMetaSaeEngine } from "./meta-sae-engine.ts";
export type { MetaSaeOptions } from "./options.ts";
export { type Part, partsOf, wholesOf } from "./parts.ts";
export { type MetaSaeTraining, withMetaSae } from "./with-meta-sae.ts";

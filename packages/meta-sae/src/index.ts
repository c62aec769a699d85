export { type Decomposability, decomposabilityOf } from "./decomposability.ts";
export { createMetaSaeEngine } from "./meta-sae-engine.ts";
export type { MetaSaeOptions, MetaSaeSettings } from "./options.ts";
export { type MetaSaeTraining, withMetaSae } from "./with-meta-sae.ts";

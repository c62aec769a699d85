export type { GraphFeed, GraphModelLike, GraphTensor } from "./graph-model/graph-model.ts";
export { type GraphModelSourceOptions, graphModelSource } from "./graph-model/graph-model-source.ts";
export { defaultNpyLimits, type NpyLimits } from "./npy/npy-header.ts";
export { npySource } from "./npy/npy-source.ts";
export type { RowSourceOptions } from "./row-source.ts";

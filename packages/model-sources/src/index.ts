export { defaultNpyLimits, type NpyLimits } from "./npy/npy-header.ts";
export { npySource } from "./npy/npy-source.ts";
export type { RowSourceOptions } from "./row-source.ts";

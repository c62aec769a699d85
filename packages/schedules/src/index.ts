export { type CompositeSchedule, compositeSchedules } from "./composite-schedules.ts";
export {
  type CurveConfig,
  type CurvePartConfig,
  curveConfigSchema,
  curveFromConfig,
  curveKinds,
  scheduleFromConfig,
} from "./config.ts";
export { constant } from "./constant.ts";
export { cosineDecay } from "./cosine-decay.ts";
export type { Curve } from "./curve.ts";
export { type CurvePart, join } from "./join.ts";
export { kAnnealing, sparsityWarmup } from "./k-annealing.ts";
export { linearDecay } from "./linear-decay.ts";
export { linearWarmup } from "./linear-warmup.ts";
export { type PAnnealingOptions, pAnnealing } from "./p-annealing.ts";
export { schedule } from "./schedule.ts";
export { type WarmupDecayOptions, warmupDecay } from "./warmup-decay.ts";

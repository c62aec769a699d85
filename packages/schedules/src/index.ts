export {
  type ScheduleConfig,
  type ScheduleConfigPart,
  scheduleFromConfig,
  scheduleKinds,
  scheduleSchema,
} from "./config.ts";
export type { Curve } from "./curve.ts";
export { constant, cosineDecay, linearDecay, linearWarmup } from "./curves.ts";
export { type JoinPart, join } from "./join.ts";
export { schedule } from "./schedule.ts";

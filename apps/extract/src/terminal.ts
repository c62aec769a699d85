export { type ColorMode, type Colors, colorsEnabled, createColors } from "./terminal/colors.ts";
export { exitCodeFor, exitCodes, interruption } from "./terminal/exit-code.ts";
export { expectedError } from "./terminal/expected-error.ts";
export { clockOf, type Io, type TextSink } from "./terminal/io.ts";
export { type MemoryIo, memoryIo } from "./terminal/memory-io.ts";
export { createOutput, type EventLine, type Output, type OutputFlags } from "./terminal/output.ts";
export { runOnProcess } from "./terminal/process-io.ts";
export {
  type Action,
  type ActionContext,
  createProgram,
  type Program,
  realNumber,
  repeated,
  repeatedNumber,
  wholeNumber,
} from "./terminal/program.ts";
export { createProgressLine, type ProgressLine, type ProgressMode } from "./terminal/progress.ts";
export { reportError } from "./terminal/report-error.ts";
export { leftovers, shownPath } from "./terminal/shown-path.ts";
export { shownBytes, shownCount, shownNumber, shownSeconds, textTable } from "./terminal/text-table.ts";

export type { TextSink } from "./commands.ts";
export { type RunDemoOptions, runDemo } from "./run-demo.ts";
export { useLiteSource } from "./use-lite-source.ts";

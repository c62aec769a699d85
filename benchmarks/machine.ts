import { availableParallelism, cpus } from "node:os";

/** Prints what a figure has to have beside it. */
export function sayMachine(): void {
  console.log(`processor  ${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores`);
  console.log(`Node       ${process.version}`);
}

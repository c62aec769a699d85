import { PlumblineError } from "@plumbline/core";
import { exitCodeFor } from "./exit-code.ts";
import { expectedError } from "./expected-error.ts";
import type { Io } from "./io.ts";
import { createOutput, type EventLine, type OutputFlags } from "./output.ts";

interface ErrorText {
  readonly code: string;
  readonly what: string;
  readonly where: string;
  readonly hint: string;
}

function describe(error: unknown, command: string): ErrorText {
  if (PlumblineError.isInstance(error)) {
    return {
      code: error.code,
      what: error.what,
      where: error.where ?? command,
      hint: error.hint ?? "run again with -v to see where it came from",
    };
  }
  return {
    code: "unexpected",
    what: `unexpected failure: ${error instanceof Error ? error.message : String(error)}`,
    where: command,
    hint: "this is a bug; run again with -v and report what it prints",
  };
}

/**
 * Says an error in three lines on stderr (what, where, what to do), and with `json` as a last line on stdout.
 *
 * @param command what was run, as `plumbline train`; stands in where an error names no place
 * @returns the exit code
 */
export function reportError(
  thrown: unknown,
  options: { io: Io; flags: OutputFlags; command: string },
): number {
  const { io, flags, command } = options;
  const error = expectedError(thrown);
  const exitCode = exitCodeFor(error);
  const text = describe(error, command);
  const { talkColors: c, event, verbose } = createOutput(io, flags);
  io.stderr.write(`${c.red("error:")} ${text.what}\n`);
  io.stderr.write(`${c.dim("where:")} ${text.where}\n`);
  io.stderr.write(`${c.dim("to do:")} ${text.hint}\n`);
  if (verbose) {
    for (let at: unknown = error; at instanceof Error; at = at.cause) io.stderr.write(`${at.stack}\n`);
  }
  const line: EventLine = { type: "error", v: 1, ...text, exitCode };
  event(line);
  return exitCode;
}

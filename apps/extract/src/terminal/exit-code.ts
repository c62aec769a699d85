import { type ErrorKind, PlumblineError } from "@plumbline/core";

/** Exit codes by the kind of the error; 0 is success. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  bug: 1,
  usage: 2,
  input: 3,
  environment: 4,
  diverged: 5,
  verification: 6,
  interrupted: 130,
};

/** The polite request to stop, as an error: what `signal.reason` is set to. */
export function interruption(signal: "SIGINT" | "SIGTERM"): PlumblineError {
  return new PlumblineError({
    code: signal === "SIGTERM" ? "terminated" : "interrupted",
    kind: "interrupted",
    message: `[cli] stopped by ${signal}`,
    hint: "run again with --resume to go on, or without to begin anew",
  });
}

/** Exit code for an error of any origin: by kind, 143 where SIGTERM asked, 1 for what nobody expected. */
export function exitCodeFor(error: unknown): number {
  if (!PlumblineError.isInstance(error)) return exitCodes.bug;
  if (error.kind === "interrupted") {
    // Libraries wrap the reason of the signal that they were given.
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      if (PlumblineError.isInstance(at) && at.code === "terminated") return 143;
    }
  }
  return exitCodes[error.kind];
}

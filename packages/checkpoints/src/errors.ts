import { type ErrorKind, PlumblineError } from "@plumbline/core";

/** Text from a file as it may stand in a message: quoted, control characters escaped, long ones cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** An error of this package; `message` begins with `function()`. */
export function checkpointError(options: {
  code: string;
  kind: ErrorKind;
  message: string;
  where?: string;
  hint?: string;
  cause?: unknown;
}): PlumblineError {
  return new PlumblineError({ ...options, message: `[checkpoints] ${options.message}` });
}

/** What a reader of a file that is not what it should be can do. */
export const damaged = "the checkpoint is damaged; take another one or fetch it anew";

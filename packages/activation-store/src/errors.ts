import { type ErrorKind, PlumblineError } from "@plumbline/core";

/** Text from a file as it may stand in a message: quoted, control characters escaped, long ones cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** An error of this package; `message` begins with `function()`. */
export function storeError(options: {
  code: string;
  kind: ErrorKind;
  message: string;
  where?: string;
  hint?: string;
  cause?: unknown;
}): PlumblineError {
  return new PlumblineError({ ...options, message: `[activation-store] ${options.message}` });
}

/** A number that counts something: an integer ≥ `least`, exact as a double. */
export function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

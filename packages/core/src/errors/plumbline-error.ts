const marker: unique symbol = Symbol.for("plumbline.error") as never;

/** What an error concerns, in increasing distance from the user's hands; the command line maps it to an exit code. */
export type ErrorKind =
  | "bug"
  | "usage"
  | "input"
  | "environment"
  | "diverged"
  | "verification"
  | "interrupted";

/** What a {@link PlumblineError} is made of. */
export interface PlumblineErrorOptions {
  /** stable name of the error, kebab-case, as `unknown-key`; programs compare this */
  readonly code: string;
  readonly kind: ErrorKind;
  /** what happened: `[package] function(): expected, got` */
  readonly message: string;
  /** file with offset, configuration key, or tensor name */
  readonly where?: string;
  /** the next step for the reader */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * The one error type that Plumbline throws on purpose. Its message is one sentence that says what happened, where, and
 * what to do; the three parts are kept apart as fields too.
 *
 * Recognise it with {@link PlumblineError.isInstance}, not `instanceof`: two copies of the package may be installed.
 *
 * @example
 * import { PlumblineError } from "@plumbline/core";
 *
 * const error = new PlumblineError({ code: "bad-shard", kind: "input", message: "[demo] read(): expected 3 rows, got 2" });
 * console.log(PlumblineError.isInstance(error), error.code); // true bad-shard
 */
export class PlumblineError extends Error {
  override readonly name: string = "PlumblineError";
  readonly code: string;
  readonly kind: ErrorKind;
  readonly what: string;
  readonly where: string | undefined;
  readonly hint: string | undefined;

  constructor(options: PlumblineErrorOptions) {
    const where = options.where === undefined ? "" : ` (${options.where})`;
    const hint = options.hint === undefined ? "" : `; ${options.hint}`;
    super(`${options.message}${where}${hint}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = options.code;
    this.kind = options.kind;
    this.what = options.message;
    this.where = options.where;
    this.hint = options.hint;
    Object.defineProperty(this, marker, { value: true });
  }

  static isInstance(value: unknown): value is PlumblineError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

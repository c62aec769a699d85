import { PlumblineError } from "@plumbline/core";

/** Text from a file as it may stand in a message: quoted, control characters escaped, long ones cut. */
export function quote(text: string): string {
  const longest = 80;
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

interface ErrorParts {
  readonly code: string;
  /** `function(): expected, got`, without the package */
  readonly message: string;
  readonly where?: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The error for a file that is not what it should be. */
export function fileError(parts: ErrorParts): PlumblineError {
  return new PlumblineError({ ...parts, kind: "input", message: `[model-sources] ${parts.message}` });
}

/** The error for a caller that asks for something that cannot be. */
export function usageError(parts: ErrorParts): PlumblineError {
  return new PlumblineError({ ...parts, kind: "usage", message: `[model-sources] ${parts.message}` });
}

/** Stops reading where the caller's signal says so. @throws PlumblineError (kind `interrupted`) `interrupted` */
export function throwIfAborted(signal: AbortSignal | undefined, from: string): void {
  if (signal?.aborted !== true) return;
  throw new PlumblineError({
    code: "interrupted",
    kind: "interrupted",
    message: `[model-sources] ${from}: reading was stopped`,
    cause: signal.reason,
  });
}

import { nearest, PlumblineError } from "@plumbline/core";

/** Text from a file as it may stand in a message: quoted, control characters escaped, long ones cut. */
export function quote(text: string): string {
  const longest = 80;
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** The error for a file that is not what it should be. */
export function fileError(options: {
  code: string;
  /** `function(): expected, got`, without the package */
  message: string;
  where: string;
  hint?: string;
  cause?: unknown;
}): PlumblineError {
  const { message, hint = "the file is damaged or of another kind", ...rest } = options;
  return new PlumblineError({ ...rest, kind: "input", message: `[safetensors] ${message}`, hint });
}

/** The error for a caller that asks for something that cannot be. */
export function usageError(options: {
  code: string;
  message: string;
  where?: string;
  hint?: string;
}): PlumblineError {
  return new PlumblineError({ ...options, kind: "usage", message: `[safetensors] ${options.message}` });
}

/** The error for a tensor that a file does not hold; it names the nearest one and some of those that are there. */
export function unknownTensorError(options: {
  name: string;
  known: Iterable<string>;
  from: string;
  where: string;
}): PlumblineError {
  const { name, from, where } = options;
  const known = [...options.known];
  // Names come from the file: a bounded number of comparable length keeps the search for the nearest one short.
  const candidates = known.filter((other) => other.length <= 2 * name.length + 8).slice(0, 1000);
  const near = nearest(name, candidates);
  const shown = known.slice(0, 20).map(quote).join(", ");
  const rest = known.length > 20 ? ` and ${known.length - 20} more` : "";
  return fileError({
    code: "unknown-tensor",
    message: `${from}: the file has no tensor ${quote(name)}`,
    where,
    hint: `${near === undefined ? "" : `did you mean ${quote(near)}? `}It holds: ${known.length === 0 ? "none" : shown}${rest}`,
  });
}

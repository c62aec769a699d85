import { PlumblineError } from "@plumbline/core";
import { explainFileError } from "@plumbline/core/node";

const memoryMessage = /allocation failed|Invalid typed array length|Array buffer allocation/;

/**
 * The error with a code, a kind and a next step, where a foreign one (operating system, memory) is recognised; others pass
 * through unchanged.
 */
export function expectedError(error: unknown): unknown {
  if (PlumblineError.isInstance(error) || !(error instanceof Error)) return error;
  const { code, path = "" } = error as NodeJS.ErrnoException;
  if (code === "EMFILE" || code === "ENFILE") {
    return new PlumblineError({
      code: "too-many-files",
      kind: "environment",
      message: "[cli] too many open files",
      where: path,
      hint: "raise the limit (ulimit -n), or use fewer, larger shards",
      cause: error,
    });
  }
  if (error instanceof RangeError && memoryMessage.test(error.message)) {
    return new PlumblineError({
      code: "out-of-memory",
      kind: "environment",
      message: `[cli] not enough memory: ${error.message}`,
      hint: "use a smaller batch or dictionary, or give Node more memory",
      cause: error,
    });
  }
  return explainFileError(error, "file access", path);
}

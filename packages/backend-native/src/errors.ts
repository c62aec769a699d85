import { PlumblineError } from "@plumbline/core";
import type { CoreStatus } from "./core/core.ts";

/** The name that messages start with. */
export const packageName = "backend-native";

export function notFinite(where: string, row: number): PlumblineError {
  return new PlumblineError({
    code: "not-finite",
    kind: "input",
    message: `[${packageName}] ${where}: expected finite activations, got NaN or an infinity in row ${row} of the batch`,
    hint: "look at the model or file that the activations came from; the SAE is as it was before the call",
  });
}

export function unsupportedArchitecture(reason: string): PlumblineError {
  return new PlumblineError({
    code: "unsupported-architecture",
    kind: "usage",
    message: `[${packageName}] createEngine(): not supported here: ${reason}`,
    hint: "use a tfjs backend, which runs every architecture; backend auto does so by itself",
  });
}

export function backendUnavailable(reason: string, nextStep: string): PlumblineError {
  return new PlumblineError({
    code: "backend-unavailable",
    kind: "environment",
    message: `[${packageName}] backend "native" does not start: ${reason}`,
    hint: nextStep,
  });
}

/** Why `native-tfjs` does not start; the generic engine puts the name and the next step to it. */
export function tensorsUnavailable(reason: string): PlumblineError {
  return new PlumblineError({
    code: "backend-unavailable",
    kind: "environment",
    message: `[${packageName}] ${reason}`,
  });
}

/** An answer of the core that is not "ok". */
export function coreError(
  where: string,
  status: Exclude<CoreStatus, "ok">,
  options: { row?: number } = {},
): PlumblineError {
  if (status === "not-finite") return notFinite(where, options.row ?? 0);
  if (status === "no-memory") {
    return new PlumblineError({
      code: "out-of-memory",
      kind: "environment",
      message: `[${packageName}] ${where}: expected enough memory for this dictionary and batch, got none`,
      hint: "use a smaller batch or dSae, or close other programs",
    });
  }
  return new PlumblineError({
    code: "core-refused",
    kind: "bug",
    message: `[${packageName}] ${where}: the core answered "${status}"`,
    hint: "report this with the configuration that led to it",
  });
}

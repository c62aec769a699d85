import { PlumblineError } from "@plumbline/core";

/** The name of this package in messages, its own and those of the checks in core. */
export const from = "engine-tfjs";

export function backendNotReady(backendName: string, ready: readonly string[]): PlumblineError {
  return new PlumblineError({
    code: "backend-not-ready",
    kind: "usage",
    message: `[${from}] expected an initialized tfjs backend, got "${backendName}"`,
    hint: `await setBackend("${backendName}") first; initialized: ${ready.join(", ") || "none"}`,
  });
}

export function backendNotRegistered(backendName: string, known: readonly string[]): PlumblineError {
  return new PlumblineError({
    code: "backend-not-registered",
    kind: "environment",
    message: `[${from}] startTfjsBackend(): expected a registered tfjs backend, got "${backendName}"`,
    hint: `import its package first; registered: ${known.join(", ") || "none"}`,
  });
}

export function backendUnavailable(
  name: string,
  why: { readonly reason: string; readonly nextStep: string; readonly cause?: unknown },
): PlumblineError {
  return new PlumblineError({
    code: "backend-unavailable",
    kind: "environment",
    message: `[${from}] backend "${name}" does not start: ${why.reason}`,
    hint: why.nextStep,
    cause: why.cause,
  });
}

export function gradientsMissing(): PlumblineError {
  return new PlumblineError({
    code: "gradients-missing",
    kind: "environment",
    message: `[${from}] createGenericEngine(): TensorFlow.js has no gradients registered`,
    hint: 'add import "@tensorflow/tfjs" once, in the version of @tensorflow/tfjs-core; it registers them',
  });
}

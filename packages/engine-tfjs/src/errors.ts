import { PlumblineError } from "@plumbline/core";

export function shapeMismatch(where: string, expected: string, got: string): PlumblineError {
  return new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[engine-tfjs] ${where}: expected ${expected}, got ${got}`,
    hint: "check the width of the activations against dIn",
  });
}

export function backendNotReady(backendName: string, ready: readonly string[]): PlumblineError {
  return new PlumblineError({
    code: "backend-not-ready",
    kind: "usage",
    message: `[engine-tfjs] expected an initialized tfjs backend, got "${backendName}"`,
    hint: `await setBackend("${backendName}") first; initialized: ${ready.join(", ") || "none"}`,
  });
}

export function backendNotRegistered(backendName: string, known: readonly string[]): PlumblineError {
  return new PlumblineError({
    code: "backend-not-registered",
    kind: "environment",
    message: `[engine-tfjs] startTfjsBackend(): expected a registered tfjs backend, got "${backendName}"`,
    hint: `import its package first; registered: ${known.join(", ") || "none"}`,
  });
}

export function backendUnavailable(
  name: string,
  reason: string,
  options: { nextStep: string; cause: unknown },
): PlumblineError {
  return new PlumblineError({
    code: "backend-unavailable",
    kind: "environment",
    message: `[engine-tfjs] backend "${name}" does not start: ${reason}`,
    hint: options.nextStep,
    cause: options.cause,
  });
}

export function gradientsMissing(): PlumblineError {
  return new PlumblineError({
    code: "gradients-missing",
    kind: "environment",
    message: "[engine-tfjs] createGenericEngine(): TensorFlow.js has no gradients registered",
    hint: 'add import "@tensorflow/tfjs" once, in the version of @tensorflow/tfjs-core; it registers them',
  });
}

export function badInference(expected: string, got: string): PlumblineError {
  return new PlumblineError({
    code: "bad-inference",
    kind: "input",
    message: `[engine-tfjs] openInference(): expected ${expected}, got ${got}`,
    hint: "the checkpoint is incomplete or was not written for these widths",
  });
}

export function engineDisposed(): PlumblineError {
  return new PlumblineError({
    code: "engine-disposed",
    kind: "bug",
    message: "[engine-tfjs] the engine was disposed and cannot be used any more",
    hint: "make a new one",
  });
}

export function stateMismatch(what: string, expected: string, got: string): PlumblineError {
  return new PlumblineError({
    code: "state-mismatch",
    kind: "input",
    message: `[engine-tfjs] importState(): expected ${what} ${expected}, got ${got}`,
    hint: "resume with the configuration that the state was saved with",
  });
}

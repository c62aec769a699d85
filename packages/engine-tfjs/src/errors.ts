import { PlumblineError } from "@plumbline/core";

export function shapeMismatch(where: string, expected: string, got: string): PlumblineError {
  return new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[engine-tfjs] ${where}: expected ${expected}, got ${got}`,
    hint: "check the width of the activations against dIn",
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

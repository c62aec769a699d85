import { PlumblineError } from "../errors/plumbline-error.ts";

/**
 * The error for a call to an engine, or to an opened SAE, after `dispose()`.
 *
 * @param from name of the package that refuses, `engine-tfjs`
 * @returns `engine-disposed`, to be thrown
 * @example
 * import { engineDisposed } from "@plumbline/core";
 *
 * console.log(engineDisposed("my-engine").code); // engine-disposed
 */
export function engineDisposed(from: string): PlumblineError {
  return new PlumblineError({
    code: "engine-disposed",
    kind: "bug",
    message: `[${from}] the engine was disposed and cannot be used any more`,
    hint: "make a new one",
  });
}

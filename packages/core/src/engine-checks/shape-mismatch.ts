import { PlumblineError } from "../errors/plumbline-error.ts";

/**
 * The error for an array whose length does not fit an engine's widths.
 *
 * @param mismatch.from name of the package that refuses, `engine-tfjs`
 * @param mismatch.where the function that was called, `step()`
 * @returns `shape-mismatch`, to be thrown
 * @example
 * import { shapeMismatch } from "@plumbline/core";
 *
 * const error = shapeMismatch({ from: "my-engine", where: "decode()", expected: "latents of dSae 8", got: "9" });
 * console.log(error.what); // [my-engine] decode(): expected latents of dSae 8, got 9
 */
export function shapeMismatch(mismatch: {
  from: string;
  where: string;
  expected: string;
  got: string;
}): PlumblineError {
  const { from, where, expected, got } = mismatch;
  return new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[${from}] ${where}: expected ${expected}, got ${got}`,
    hint: "check the width of the activations against dIn",
  });
}

import type { ActivationSample, SaeShape } from "../architecture.ts";
import { PlumblineError } from "../errors/plumbline-error.ts";
import { shapeMismatch } from "./shape-mismatch.ts";

/**
 * Refuses widths that no SAE can have, and a sample whose mean is not of width dIn: what an engine checks before it
 * takes any memory.
 *
 * @param caller.from name of the package that refuses, `engine-tfjs`
 * @param caller.where the function that was given the widths, `createGenericEngine()`
 * @throws PlumblineError `bad-width` for a width that is no integer of at least 1, `shape-mismatch` for the mean
 * @example
 * import { checkWidths, PlumblineError } from "@plumbline/core";
 *
 * const sample = { mean: new Float32Array(3) };
 * const caller = { from: "my-engine", where: "createEngine()" };
 * checkWidths({ dIn: 3, dSae: 8, sample }, caller);
 * try {
 *   checkWidths({ dIn: 3, dSae: 0, sample }, caller);
 * } catch (error) {
 *   if (PlumblineError.isInstance(error)) console.log(error.code); // bad-width
 * }
 */
export function checkWidths(
  widths: SaeShape & { readonly sample: Pick<ActivationSample, "mean"> },
  caller: { from: string; where: string },
): void {
  const { dIn, dSae, sample } = widths;
  for (const [name, value] of Object.entries({ dIn, dSae })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new PlumblineError({
        code: "bad-width",
        kind: "usage",
        message: `[${caller.from}] ${caller.where}: expected ${name} to be an integer of at least 1, got ${value}`,
        hint: "set the widths of the SAE",
      });
    }
  }
  const got = sample.mean.length;
  if (got !== dIn) {
    throw shapeMismatch({ ...caller, expected: `a mean of ${dIn} numbers in the sample`, got: `${got}` });
  }
}

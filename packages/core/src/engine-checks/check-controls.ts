import type { Architecture, SaeShape } from "../architecture.ts";
import type { StepControls } from "../engine.ts";
import { nearest } from "../errors/nearest.ts";
import { PlumblineError } from "../errors/plumbline-error.ts";
import { shapeMismatch } from "./shape-mismatch.ts";

type Declared = Pick<Architecture<unknown>, "name" | "controls">;

const where = "step()";

function refusal(from: string, about: { code: string; message: string; hint: string }): PlumblineError {
  const { code, message, hint } = about;
  return new PlumblineError({ code, kind: "usage", message: `[${from}] ${where}: ${message}`, hint });
}

/** Refuses scalars that the architecture does not know, and missing ones. */
function checkNames({ name, controls: wanted }: Declared, { scalars }: StepControls, from: string): void {
  for (const given of Object.keys(scalars)) {
    if (!wanted.includes(given)) {
      const near = nearest(given, wanted);
      const known = wanted.length === 0 ? "it takes none" : `it takes ${wanted.join(", ")}`;
      const hint = near === undefined ? known : `did you mean "${near}"? ${known}`;
      const message = `architecture "${name}" has no control "${given}"`;
      throw refusal(from, { code: "unknown-control", message, hint });
    }
  }
  for (const needed of wanted) {
    if (scalars[needed] === undefined) {
      const message = `architecture "${name}" needs the control "${needed}"`;
      const hint = `add it to the schedules, as "${needed}": 0.1`;
      throw refusal(from, { code: "missing-control", message, hint });
    }
  }
}

/** Refuses numbers that would destroy the parameters: one step with NaN makes all of them NaN. */
function checkNumbers({ lr, clipNorm, scalars, rowPenalty }: StepControls, from: string): void {
  const finite = {
    lr,
    ...scalars,
    ...(rowPenalty === undefined ? {} : { "rowPenalty.weight": rowPenalty.weight }),
  };
  for (const [name, value] of Object.entries(finite)) {
    if (!Number.isFinite(value)) {
      const message = `expected ${name} to be finite, got ${value}`;
      throw refusal(from, { code: "bad-control", message, hint: "look at the schedule that supplies it" });
    }
  }
  for (const [name, value] of Object.entries({ clipNorm, "rowPenalty.width": rowPenalty?.width })) {
    if (value !== undefined && !(value > 0)) {
      const message = `expected ${name} to be above 0, got ${value}`;
      throw refusal(from, { code: "bad-control", message, hint: "leave it out to go without" });
    }
  }
}

/**
 * Refuses controls that do not fit the architecture or the widths, and numbers that no step can be taken with.
 *
 * @param architecture what declares the scalars that a step takes
 * @param caller.from name of the package that refuses, `engine-tfjs`
 * @throws PlumblineError `unknown-control` with the nearest one, `missing-control`, `bad-control` for a number that is not
 *   finite or not above 0, `shape-mismatch` for a `rowPenalty.target` that is not `[dSae, dIn]`
 * @example
 * import { checkControls, PlumblineError } from "@plumbline/core";
 *
 * const architecture = { name: "relu", controls: ["sparsityCoefficient"] };
 * const controls = { lr: 0.001, scalars: { sparsity: 0.1 }, wantStats: false };
 * try {
 *   checkControls(architecture, { dIn: 3, dSae: 8 }, controls, { from: "my-engine" });
 * } catch (error) {
 *   if (PlumblineError.isInstance(error)) console.log(error.what); // [my-engine] step(): architecture "relu" has no control "sparsity"
 * }
 */
export function checkControls(
  architecture: Declared,
  shape: SaeShape,
  controls: StepControls,
  caller: { from: string },
): void {
  const { from } = caller;
  checkNames(architecture, controls, from);
  checkNumbers(controls, from);
  const length = shape.dSae * shape.dIn;
  const got = controls.rowPenalty?.target.length ?? length;
  if (got !== length) {
    const expected = `rowPenalty.target of ${shape.dSae} × ${shape.dIn} numbers`;
    throw shapeMismatch({ from, where, expected, got: `${got}` });
  }
}

import {
  type Architecture,
  nearest,
  PlumblineError,
  type SaeShape,
  type StepControls,
} from "@plumbline/core";
import { shapeMismatch } from "./errors.ts";

function refuse(code: string, message: string, hint: string): PlumblineError {
  return new PlumblineError({ code, kind: "usage", message: `[engine-tfjs] step(): ${message}`, hint });
}

/** Refuses scalars that the architecture does not know, and missing ones. */
function checkNames<T>(architecture: Architecture<T>, controls: StepControls): void {
  const { name, controls: wanted } = architecture;
  for (const given of Object.keys(controls.scalars)) {
    if (!wanted.includes(given)) {
      const near = nearest(given, wanted);
      const known = wanted.length === 0 ? "it takes none" : `it takes ${wanted.join(", ")}`;
      const hint = near === undefined ? known : `did you mean "${near}"? ${known}`;
      throw refuse("unknown-control", `architecture "${name}" has no control "${given}"`, hint);
    }
  }
  for (const needed of wanted) {
    if (controls.scalars[needed] === undefined) {
      const hint = `add it to the schedules, as "${needed}": 0.1`;
      throw refuse("missing-control", `architecture "${name}" needs the control "${needed}"`, hint);
    }
  }
}

/** Refuses numbers that would destroy the parameters: one step with NaN makes all of them NaN. */
function checkNumbers({ lr, clipNorm, scalars, rowPenalty }: StepControls): void {
  const finite = {
    lr,
    ...scalars,
    ...(rowPenalty === undefined ? {} : { "rowPenalty.weight": rowPenalty.weight }),
  };
  for (const [name, value] of Object.entries(finite)) {
    if (!Number.isFinite(value)) {
      throw refuse(
        "bad-control",
        `expected ${name} to be finite, got ${value}`,
        "look at the schedule that supplies it",
      );
    }
  }
  for (const [name, value] of Object.entries({ clipNorm, "rowPenalty.width": rowPenalty?.width })) {
    if (value !== undefined && !(value > 0)) {
      throw refuse(
        "bad-control",
        `expected ${name} to be above 0, got ${value}`,
        "leave it out to go without",
      );
    }
  }
}

/** Refuses controls that do not fit the architecture or the widths, and numbers that no step can be taken with. */
export function checkControls<T>(
  architecture: Architecture<T>,
  shape: SaeShape,
  controls: StepControls,
): void {
  checkNames(architecture, controls);
  checkNumbers(controls);
  const expected = shape.dSae * shape.dIn;
  const got = controls.rowPenalty?.target.length ?? expected;
  if (got !== expected) {
    throw shapeMismatch("step()", `rowPenalty.target of ${shape.dSae} × ${shape.dIn} numbers`, `${got}`);
  }
}

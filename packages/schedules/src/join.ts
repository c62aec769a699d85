import { PlumblineError } from "@plumbline/core";
import type { Curve } from "./curve.ts";

/** A curve and how much of training it covers: steps, a fraction of all steps, or, for one part at most, the rest. */
export type JoinPart =
  | { readonly curve: Curve; readonly nSteps: number }
  | { readonly curve: Curve; readonly fraction: number }
  | { readonly curve: Curve };

function refuse(message: string, hint: string): PlumblineError {
  return new PlumblineError({
    code: "bad-schedule",
    kind: "usage",
    message: `[schedules] join(): ${message}`,
    hint,
  });
}

function isRest(part: JoinPart): boolean {
  return !("nSteps" in part) && !("fraction" in part);
}

function checkParts(parts: readonly JoinPart[]): void {
  if (parts.length === 0) throw refuse("expected at least one part, got none", "add a part");
  if (parts.filter(isRest).length > 1) {
    throw refuse(
      "expected one part at most without a length, got several",
      "give all but one nSteps or a fraction",
    );
  }
  for (const part of parts) {
    if ("nSteps" in part && !(Number.isInteger(part.nSteps) && part.nSteps >= 0)) {
      throw refuse(
        `expected nSteps to be a whole number of at least 0, got ${part.nSteps}`,
        "correct that part",
      );
    }
    if ("fraction" in part && !(part.fraction >= 0 && part.fraction <= 1)) {
      throw refuse(`expected a fraction in 0 … 1, got ${part.fraction}`, "correct that part");
    }
  }
}

/** Whole steps of each part; the rest takes what the others leave. */
function lengthsOf(parts: readonly JoinPart[], nSteps: number): number[] {
  const fixed = parts.map((part) => {
    if ("nSteps" in part) return part.nSteps;
    return "fraction" in part ? Math.round(part.fraction * nSteps) : 0;
  });
  const left = nSteps - fixed.reduce((a, b) => a + b, 0);
  if (left < 0) {
    throw refuse(
      `expected parts of at most ${nSteps} steps in all, got ${nSteps - left}`,
      "shorten a part or train longer",
    );
  }
  return parts.map((part, i) => (isRest(part) ? left : (fixed[i] ?? 0)));
}

/**
 * Curves one after the other. Each sees its own part of training: steps from 0, `nSteps` the length of its part.
 *
 * Where the parts are shorter than training and none takes the rest, the last value of the last part is held.
 *
 * @throws PlumblineError `bad-schedule` for no parts, two rests, bad lengths; and, when read, for parts longer than training
 * @example
 * import { constant, join, linearDecay, linearWarmup } from "@plumbline/schedules";
 *
 * const lr = join([
 *   { nSteps: 2, curve: linearWarmup({ to: 1 }) },
 *   { curve: constant(1) },
 *   { fraction: 0.2, curve: linearDecay({ from: 1 }) },
 * ]);
 * console.log([0, 1, 5, 8, 9].map((step) => lr({ step, nSteps: 10 })).join()); // 0.5,1,1,1,0.5
 */
export function join(parts: readonly JoinPart[]): Curve {
  checkParts(parts);
  return ({ step, nSteps }) => {
    const lengths = lengthsOf(parts, nSteps);
    let start = 0;
    let held: number | undefined;
    for (const [i, { curve }] of parts.entries()) {
      const length = lengths[i] ?? 0;
      if (length === 0) continue;
      if (step < start + length) return curve({ step: step - start, nSteps: length });
      held = curve({ step: length - 1, nSteps: length });
      start += length;
    }
    if (held === undefined) throw refuse("expected a part of at least one step", "lengthen a part");
    return held;
  };
}

import { PlumblineError } from "@plumbline/core";
import { type Curve, checkProgress } from "./curve.ts";

/** A curve and how much of training it covers: a number of steps, a fraction of all steps, or what the others leave. */
export interface CurvePart {
  /** steps, an integer ≥ 0 */
  readonly nSteps?: number;
  /** fraction of all steps, 0..1 */
  readonly fraction?: number;
  /** sees its own progress: step 0 is the first of this part, nSteps its length */
  readonly curve: Curve;
}

function refuse(code: string, message: string, hint?: string): never {
  throw new PlumblineError({
    code,
    kind: "usage",
    message: `[schedules] join(): ${message}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

// Sums of decimal fractions may pass 1 by rounding: 0.1 + 0.2 + 0.7 does.
const roundingOfFractions = 1e-9;

function checkParts(parts: readonly CurvePart[]): void {
  if (parts.length === 0) refuse("bad-schedule", "expected at least one part, got none");
  for (const [i, { nSteps, fraction }] of parts.entries()) {
    if (nSteps !== undefined && fraction !== undefined) {
      refuse("bad-schedule", `expected nSteps or fraction for part ${i}, got both`);
    }
    if (nSteps !== undefined && !(Number.isSafeInteger(nSteps) && nSteps >= 0)) {
      refuse("bad-schedule", `expected nSteps of part ${i} to be an integer of at least 0, got ${nSteps}`);
    }
    if (fraction !== undefined && !(fraction >= 0 && fraction <= 1)) {
      refuse("bad-schedule", `expected the fraction of part ${i} to be in 0..1, got ${fraction}`);
    }
  }
  const rests = parts.flatMap((part, i) => (isRest(part) ? [i] : []));
  if (rests.length > 1) {
    refuse(
      "bad-schedule",
      `expected at most one part without a length, got parts ${rests.join(" and ")}`,
      "one part may take what the others leave; give all others nSteps or fraction",
    );
  }
  const total = parts.reduce((sum, { fraction = 0 }) => sum + fraction, 0);
  if (total > 1 + roundingOfFractions) {
    refuse("bad-schedule", `expected fractions of at most 1 together, got ${total}`);
  }
}

const isRest = ({ nSteps, fraction }: CurvePart): boolean => nSteps === undefined && fraction === undefined;

/** Length of each part in a run of `nSteps` steps; they sum to `nSteps`. */
function lengthsOf(parts: readonly CurvePart[], nSteps: number): readonly number[] {
  let share = 0;
  const fixed = parts.map(({ nSteps: own, fraction }) => {
    if (fraction === undefined) return own ?? 0;
    // Fractions are rounded where they end, not one by one: halves of 5 steps are 3 and 2, never 3 and 3.
    const start = Math.round(share * nSteps);
    share = Math.min(share + fraction, 1);
    return Math.round(share * nSteps) - start;
  });
  const left = nSteps - fixed.reduce((sum, length) => sum + length, 0);
  if (left < 0) {
    refuse(
      "parts-too-long",
      `expected parts that fit into ${nSteps} steps, got ${fixed.join(" + ")}`,
      "shorten the parts or train for more steps",
    );
  }
  if (left > 0 && !parts.some(isRest)) {
    refuse(
      "parts-too-short",
      `expected parts that fill ${nSteps} steps, got ${fixed.join(" + ")}`,
      "leave nSteps and fraction out of one part: it takes what the others leave",
    );
  }
  return parts.map((part, i) => (isRest(part) ? left : (fixed[i] ?? 0)));
}

/**
 * Curves one after another. Each part has `nSteps` steps, a `fraction` of all steps (rounded where it ends), or, at most one
 * of them, what the others leave. A part of no steps is never asked.
 *
 * @throws PlumblineError `bad-schedule` for parts that fit no run: two rests, a fraction outside 0..1; the curve throws
 *   `parts-too-long` and `parts-too-short` for a run that they do not fit
 * @example
 * import { constant, join, linearWarmup } from "@plumbline/schedules";
 *
 * const curve = join([{ nSteps: 2, curve: linearWarmup({ to: 1 }) }, { curve: constant(1) }]);
 * console.log([0, 1, 2, 3].map((step) => curve({ step, nSteps: 4 }))); // [ 0.5, 1, 1, 1 ]
 */
export function join(parts: readonly CurvePart[]): Curve {
  checkParts(parts);
  return (progress) => {
    checkProgress(progress);
    const lengths = lengthsOf(parts, progress.nSteps);
    let start = 0;
    for (const [i, { curve }] of parts.entries()) {
      const length = lengths[i] ?? 0;
      if (progress.step < start + length) return curve({ step: progress.step - start, nSteps: length });
      start += length;
    }
    return refuse("parts-too-short", `no part covers step ${progress.step}`);
  };
}

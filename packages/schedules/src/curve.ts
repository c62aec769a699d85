import { PlumblineError, type Progress } from "@plumbline/core";

/**
 * One number over training: a pure function of where a step is. `step` counts from 0 to `nSteps − 1`.
 */
export type Curve = (progress: Progress) => number;

/** An option of a curve that must be a finite number. */
export function checkFinite(value: number, options: { from: string; what: string }): number {
  if (Number.isFinite(value)) return value;
  throw new PlumblineError({
    code: "bad-schedule",
    kind: "usage",
    message: `[schedules] ${options.from}: expected ${options.what} to be a finite number, got ${value}`,
  });
}

/** Refuses a place outside of training. */
export function checkProgress({ step, nSteps }: Progress): void {
  if (Number.isSafeInteger(step) && Number.isSafeInteger(nSteps) && step >= 0 && step < nSteps) return;
  throw new PlumblineError({
    code: "bad-progress",
    kind: "usage",
    message: `[schedules] curve(): expected a step in 0 … nSteps − 1, got step ${step} of ${nSteps}`,
    hint: "steps count from 0; a run of nSteps steps has no step nSteps",
  });
}

/** `(1 − t) from + t to`, exact at both ends and never outside of them. */
export function interpolate(from: number, to: number, t: number): number {
  const value = (1 - t) * from + t * to;
  return Math.min(Math.max(value, Math.min(from, to)), Math.max(from, to));
}

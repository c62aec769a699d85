import type { Curve } from "./curve.ts";

/**
 * The same value at every step.
 *
 * @example
 * import { constant } from "@plumbline/schedules";
 *
 * console.log(constant(3e-4)({ step: 5, nSteps: 10 })); // 0.0003
 */
export function constant(value: number): Curve {
  return () => value;
}

/**
 * Rises by equal steps: `from + (to − from) · (step + 1) / nSteps`. The first step is already above `from`, so no step is spent at
 * learning rate 0, and the last step is at `to`.
 *
 * SAELens warms up so; dictionary_learning uses `step / nSteps`, whose first step is at 0.
 *
 * @param options.from value before the first step; 0 by default
 * @example
 * import { linearWarmup } from "@plumbline/schedules";
 *
 * const curve = linearWarmup({ to: 1 });
 * console.log([0, 1, 2, 3].map((step) => curve({ step, nSteps: 4 })).join()); // 0.25,0.5,0.75,1
 */
export function linearWarmup(options: { from?: number; to: number }): Curve {
  const { from = 0, to } = options;
  return ({ step, nSteps }) => from + ((to - from) * (step + 1)) / nSteps;
}

/**
 * Falls by equal steps: `from + (to − from) · step / nSteps`. The first step is at `from`; `to` would be reached one step after
 * the last, so that a decay to 0 spends no step at 0.
 *
 * @param options.to value after the last step; 0 by default
 */
export function linearDecay(options: { from: number; to?: number }): Curve {
  const { from, to = 0 } = options;
  return ({ step, nSteps }) => from + ((to - from) * step) / nSteps;
}

/**
 * Falls along half a cosine: `to + (from − to) · (1 + cos(π · step / nSteps)) / 2`. The first step is at `from`; `to` would be
 * reached one step after the last.
 *
 * @param options.to value after the last step; 0 by default
 * @source Loshchilov & Hutter 2017, "SGDR", eq. 5, without restarts
 */
export function cosineDecay(options: { from: number; to?: number }): Curve {
  const { from, to = 0 } = options;
  return ({ step, nSteps }) => to + ((from - to) * (1 + Math.cos((Math.PI * step) / nSteps))) / 2;
}

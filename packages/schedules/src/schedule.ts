import type { Schedule } from "@plumbline/core";
import type { Curve } from "./curve.ts";

/**
 * Supplies one scalar from a curve; needs no state.
 *
 * @param scalar what it supplies: `lr`, or a control of the architecture
 * @example
 * import { constant, schedule } from "@plumbline/schedules";
 *
 * const lr = schedule("lr", constant(0.001));
 * console.log(lr.at({ step: 0, nSteps: 10 }, null, undefined).scalars.lr); // 0.001
 */
export function schedule(scalar: string, curve: Curve): Schedule {
  return Object.freeze({
    name: scalar,
    scalars: [scalar],
    initialState: null,
    at: (progress, state) => ({ scalars: { [scalar]: curve(progress) }, state }),
  } satisfies Schedule);
}

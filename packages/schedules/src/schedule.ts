import { PlumblineError, type Schedule } from "@plumbline/core";
import type { Curve } from "./curve.ts";

/**
 * A schedule without state: `curve` supplies the scalar `name`.
 *
 * @param name `lr` for the learning rate; all others are scalars that the architecture declares in `controls`
 * @returns a frozen schedule under the same name
 * @throws PlumblineError `bad-schedule` for an empty name
 * @example
 * import { linearDecay, schedule } from "@plumbline/schedules";
 *
 * const lr = schedule("lr", linearDecay({ from: 1e-3 }));
 * console.log(lr.at({ step: 5, nSteps: 10 }, lr.initialState, undefined).scalars); // { lr: 0.0005 }
 */
export function schedule(name: string, curve: Curve): Schedule {
  if (name === "") {
    throw new PlumblineError({
      code: "bad-schedule",
      kind: "usage",
      message: "[schedules] schedule(): expected the name of a scalar, got an empty one",
    });
  }
  return Object.freeze({
    name,
    scalars: Object.freeze([name]),
    initialState: null,
    at: (progress) => ({ scalars: { [name]: curve(progress) }, state: null }),
  } satisfies Schedule);
}

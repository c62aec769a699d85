import { type Curve, checkFinite, checkProgress } from "./curve.ts";

/**
 * The same value at every step.
 *
 * @throws PlumblineError `bad-schedule` for a value that is not finite
 * @example
 * import { constant } from "@plumbline/schedules";
 *
 * console.log(constant(3e-4)({ step: 7, nSteps: 10 })); // 0.0003
 */
export function constant(value: number): Curve {
  checkFinite(value, { from: "constant()", what: "value" });
  return (progress) => {
    checkProgress(progress);
    return value;
  };
}

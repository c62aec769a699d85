import { type Curve, checkFinite, checkProgress, interpolate } from "./curve.ts";

/**
 * A straight way that departs: `from + (to − from) step / nSteps`. The first step is exactly `from`; `to` would be reached
 * one step after the last, so that no step is spent at 0.
 *
 * dictionary_learning and SAELens decay their learning rates by the same rule.
 *
 * @param options `from`: value at the first step. `to`: value that it goes towards; 0 if left out
 * @throws PlumblineError `bad-schedule` for a value that is not finite
 * @source torch LinearLR with start_factor 1, end_factor `to / from` and total_iters nSteps
 * @example
 * import { linearDecay } from "@plumbline/schedules";
 *
 * const curve = linearDecay({ from: 1 });
 * console.log([0, 1, 2, 3].map((step) => curve({ step, nSteps: 4 }))); // [ 1, 0.75, 0.5, 0.25 ]
 */
export function linearDecay(options: { readonly from: number; readonly to?: number }): Curve {
  const { from, to = 0 } = options;
  checkFinite(from, { from: "linearDecay()", what: "from" });
  checkFinite(to, { from: "linearDecay()", what: "to" });
  return (progress) => {
    checkProgress(progress);
    return interpolate(from, to, progress.step / progress.nSteps);
  };
}

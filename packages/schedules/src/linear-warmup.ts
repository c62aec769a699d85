import { type Curve, checkFinite, checkProgress, interpolate } from "./curve.ts";

/**
 * A straight rise that arrives: `from + (to − from) (step + 1) / nSteps`. The first step already moves, the last one is
 * exactly `to`.
 *
 * Libraries differ by one step here. SAELens warms its learning rate like this; dictionary_learning uses `step / nSteps` for
 * the learning rate, so that its first step trains nothing, and both use `step / nSteps` for sparsity coefficients.
 *
 * @param options `from`: value that the rise starts from, one step before the first; 0 if left out. `to`: value at the last
 *   step
 * @throws PlumblineError `bad-schedule` for a value that is not finite
 * @source torch LinearLR with start_factor 1 / nSteps and total_iters nSteps − 1, where `from` is 0
 * @example
 * import { linearWarmup } from "@plumbline/schedules";
 *
 * const curve = linearWarmup({ to: 1 });
 * console.log([0, 1, 2, 3].map((step) => curve({ step, nSteps: 4 }))); // [ 0.25, 0.5, 0.75, 1 ]
 */
export function linearWarmup(options: { readonly from?: number; readonly to: number }): Curve {
  const { from = 0, to } = options;
  checkFinite(from, { from: "linearWarmup()", what: "from" });
  checkFinite(to, { from: "linearWarmup()", what: "to" });
  return (progress) => {
    checkProgress(progress);
    return interpolate(from, to, (progress.step + 1) / progress.nSteps);
  };
}

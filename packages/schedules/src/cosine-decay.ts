import { type Curve, checkFinite, checkProgress, interpolate } from "./curve.ts";

/**
 * Half a cosine from `from` towards `to`: `to + (from − to) (1 + cos(π step / nSteps)) / 2`. The first step is exactly
 * `from`; `to` would be reached one step after the last.
 *
 * @param options `from`: value at the first step. `to`: value that it goes towards; 0 if left out. SAELens goes to a tenth of
 *   `from`
 * @throws PlumblineError `bad-schedule` for a value that is not finite
 * @source Loshchilov & Hutter, arXiv 1608.03983, equation 5; torch CosineAnnealingLR with T_max nSteps
 * @example
 * import { cosineDecay } from "@plumbline/schedules";
 *
 * const curve = cosineDecay({ from: 1, to: 0.5 });
 * console.log(curve({ step: 0, nSteps: 4 }), curve({ step: 2, nSteps: 4 })); // 1 0.75
 */
export function cosineDecay(options: { readonly from: number; readonly to?: number }): Curve {
  const { from, to = 0 } = options;
  checkFinite(from, { from: "cosineDecay()", what: "from" });
  checkFinite(to, { from: "cosineDecay()", what: "to" });
  return (progress) => {
    checkProgress(progress);
    return interpolate(from, to, (1 - Math.cos((Math.PI * progress.step) / progress.nSteps)) / 2);
  };
}

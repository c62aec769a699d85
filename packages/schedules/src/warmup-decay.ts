import { constant } from "./constant.ts";
import { cosineDecay } from "./cosine-decay.ts";
import type { Curve } from "./curve.ts";
import { join } from "./join.ts";
import { linearDecay } from "./linear-decay.ts";
import { linearWarmup } from "./linear-warmup.ts";

/** Options of {@link warmupDecay}. */
export interface WarmupDecayOptions {
  /** value between warmup and decay */
  readonly peak: number;
  /** steps of the warmup; 0 if left out */
  readonly warmupSteps?: number;
  /** fraction of all steps, at the end, that decay; 0 if left out */
  readonly decayFraction?: number;
  /** value that the warmup rises from; 0 if left out */
  readonly from?: number;
  /** value that the decay goes towards; 0 if left out */
  readonly to?: number;
  readonly decay?: "linear" | "cosine";
}

/**
 * Warmup to a peak, the peak, decay at the end: a {@link join} of linearWarmup, constant and linearDecay (or cosineDecay).
 * Without `decayFraction` it is the warmup of a sparsity coefficient.
 *
 * @throws PlumblineError `bad-schedule`; the curve throws `parts-too-long` where warmup and decay do not fit into the run
 * @source shape and a decay over the last fifth: the learning-rate schedule of dictionary_learning and SAEBench's SAEs
 * @example
 * import { warmupDecay } from "@plumbline/schedules";
 *
 * const curve = warmupDecay({ peak: 1, warmupSteps: 2, decayFraction: 0.4 });
 * console.log([0, 1, 2, 3, 4].map((step) => curve({ step, nSteps: 5 }))); // [ 0.5, 1, 1, 1, 0.5 ]
 */
export function warmupDecay(options: WarmupDecayOptions): Curve {
  const { peak, warmupSteps = 0, decayFraction = 0, from = 0, to = 0, decay = "linear" } = options;
  const falling = decay === "linear" ? linearDecay({ from: peak, to }) : cosineDecay({ from: peak, to });
  return join([
    { nSteps: warmupSteps, curve: linearWarmup({ from, to: peak }) },
    { curve: constant(peak) },
    { fraction: decayFraction, curve: falling },
  ]);
}

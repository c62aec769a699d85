import { constant } from "./constant.ts";
import type { Curve } from "./curve.ts";
import { join } from "./join.ts";
import { linearDecay } from "./linear-decay.ts";

/**
 * k falls by equal steps from many latents to the wanted number, and stays there: early tokens teach every latent something.
 * Architectures take the whole part of it.
 *
 * @param options.from k at the first step, usually the width of the activations
 * @param options.to k from step `nSteps` on
 * @source dictionary_learning's `k_anneal_steps`; its first step runs at the final k, ours does not
 * @example
 * import { kAnnealing } from "@plumbline/schedules";
 *
 * const k = kAnnealing({ from: 12, to: 4, nSteps: 4 });
 * console.log([0, 1, 2, 3, 4].map((step) => k({ step, nSteps: 10 })).join()); // 12,10,8,6,4
 */
export function kAnnealing(options: { from: number; to: number; nSteps: number }): Curve {
  const { from, to, nSteps } = options;
  return join([{ nSteps, curve: linearDecay({ from, to }) }, { curve: constant(to) }]);
}

/**
 * A coefficient that rises from 0 at the first step to its value at step `nSteps`: `to · min(step / nSteps, 1)`, as the peers warm
 * up their sparsity penalties.
 */
export function sparsityWarmup(options: { to: number; nSteps: number }): Curve {
  const { to, nSteps } = options;
  return join([{ nSteps, curve: linearDecay({ from: 0, to }) }, { curve: constant(to) }]);
}

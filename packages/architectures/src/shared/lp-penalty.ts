import { lpNorm, lpPower } from "@plumbline/ops";
import { mean, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/** `lp-power`: Σ latents^p; `lp-norm`: (Σ latents^p)^(1/p). Both averaged over tokens. */
export type SparsityFunction = "lp-power" | "lp-norm";

/** Mean over tokens of a p-penalty on latents. A scalar. */
export function lpPenalty(latents_BF: Tensor2D, options: { p: number; form: SparsityFunction }): Tensor {
  const { p, form } = options;
  return mean(form === "lp-power" ? lpPower(latents_BF, { p }) : lpNorm(latents_BF, { p }));
}

/** The controls of p-annealing: the penalty's coefficient, p now, and the p that comes next. */
export const annealedControls: readonly string[] = ["sparsityCoefficient", "p", "nextP"];

/** The penalty at p and at the next p, from which the schedule keeps the penalty continuous when p changes. */
export const annealedStatisticNames: readonly string[] = ["penaltyAtP", "penaltyAtNextP"];

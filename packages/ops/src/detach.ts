import type { Rank, Tensor } from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";

/** The same value, with no gradient flowing back through it. tfjs has no such operation of its own. */
export function detach<R extends Rank>(x: Tensor<R>): Tensor<R> {
  return differentiable({ inputs: [], forward: () => x.clone(), gradient: () => [] });
}

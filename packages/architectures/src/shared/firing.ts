import type { Named, NamedArray, SaeShape } from "@plumbline/core";
import { detach, type TensorMap } from "@plumbline/ops";
import {
  add,
  cast,
  greaterEqual,
  minimum,
  scalar,
  sum,
  type Tensor,
  type Tensor1D,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { named } from "./parameters.ts";

/** Tokens after which a latent that never fired counts as dead, as in dictionary_learning and sparsify. */
export const defaultDeadAfterTokens = 10_000_000;

/** Counting stops here, well below the largest int32. */
const longestSilence = 2 ** 30;

/** The buffer that {@link nextFiring} keeps. */
export function firingBuffers(shape: SaeShape): Named<NamedArray> {
  return { tokensSinceFired: { shape: [shape.dSae], data: new Int32Array(shape.dSae) } };
}

/** What {@link nextFiring} makes of one batch. */
export interface Firing {
  readonly buffers: TensorMap;
  /** [F], 1 where a latent is dead, this batch counted */
  readonly dead_F: Tensor1D;
  /** [F], 1 where a latent was dead before this batch */
  readonly deadBefore_F: Tensor1D;
}

/**
 * Advances the count of tokens since each latent fired.
 *
 * @param options.fired_F [F], above zero where the latent fired in this batch
 */
export function nextFiring(options: {
  buffers: TensorMap;
  fired_F: Tensor1D;
  nTokens: number;
  deadAfterTokens: number;
}): Firing {
  const since_F = named(options.buffers, "tokensSinceFired");
  const longer_F = minimum(add(since_F, scalar(options.nTokens, "int32")), scalar(longestSilence, "int32"));
  const next_F = where(cast(options.fired_F, "bool"), zerosLike(longer_F), longer_F);
  const dead = (silence_F: Tensor): Tensor1D => {
    const silent_F = greaterEqual(silence_F, scalar(options.deadAfterTokens, "int32"));
    return detach(cast(silent_F, "float32") as Tensor1D);
  };
  return { buffers: { tokensSinceFired: next_F }, dead_F: dead(next_F), deadBefore_F: dead(since_F) };
}

/** How many latents are dead, as a scalar statistic. */
export function deadCount(dead_F: Tensor1D): Tensor {
  return sum(dead_F);
}

import { customGrad, type Rank, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** What {@link differentiable} needs to know about an operation. */
export interface DifferentiableOptions<R extends Rank> {
  /** tensors that gradients flow to */
  readonly inputs: readonly Tensor[];
  /** tensors that the gradient needs but that none flows to */
  readonly constants?: readonly Tensor[];
  readonly forward: () => Tensor<R>;
  /** gradients for `inputs`, in their order; reads only what it is given, since everything else is freed by then */
  readonly gradient: (
    dy: Tensor<R>,
    inputs: readonly Tensor[],
    constants: readonly Tensor[],
  ) => readonly Tensor[];
}

/**
 * Runs an operation under a hand-written gradient. The one place that deals with the loose types of tfjs's `customGrad`.
 *
 * @returns what `forward` returns; the caller (or the surrounding `tidy`) disposes it
 */
export function differentiable<R extends Rank>(options: DifferentiableOptions<R>): Tensor<R> {
  const { inputs, constants = [], forward, gradient } = options;
  const operation = customGrad((...args) => {
    const save = args[inputs.length] as unknown as (tensors: Tensor[]) => void;
    save([...inputs, ...constants]);
    return {
      value: forward() as Tensor,
      // Its own scope, so that what a gradient makes on the way is freed now and not at the end of the backward pass.
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        tidy(() => [...gradient(dy as Tensor<R>, saved.slice(0, inputs.length), saved.slice(inputs.length))]),
    };
  });
  return operation(...inputs) as Tensor<R>;
}

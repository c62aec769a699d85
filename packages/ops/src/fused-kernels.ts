import { engine, getBackend, getKernel, type Tensor } from "@tensorflow/tfjs-core";

/**
 * Kernels that a tfjs backend may register under these names, so that an operation is one pass and not several. An operation
 * uses the kernel where the active backend has it, and composes kernels of tfjs otherwise; both give the same up to rounding.
 *
 * All tensors are float32, but for `indices`, which are int32 and below F.
 */
export const fusedKernels: {
  /** `values` [B, K], `indices` [B, K], `rows` [F, D], `bias` [D] to [B, D]: `Σ_j values_bj · rows[indices_bj] + bias` */
  readonly combineRows: "PlumblineCombineRows";
  /** `indices` [B, K], `rows` [F, D], `y` [B, D] to [B, K]: `⟨rows[indices_bj], y_b⟩` */
  readonly dotRows: "PlumblineDotRows";
  /** `values` [B, K], `indices` [B, K], `y` [B, D], attribute `size` = F to [F, D]: row i is `Σ value · y_b` over its choices */
  readonly accumulateRows: "PlumblineAccumulateRows";
  /**
   * `parameter`, `gradient`, `mean`, `variance` of one shape, attributes `beta1`, `beta2`, `epsilon`, `spread`, `stepSize`, to the
   * next parameter, mean and variance: torch's Adam, `parameter − stepSize · mean / (√variance / spread + epsilon)`
   */
  readonly adam: "PlumblineAdam";
} = Object.freeze({
  combineRows: "PlumblineCombineRows",
  dotRows: "PlumblineDotRows",
  accumulateRows: "PlumblineAccumulateRows",
  adam: "PlumblineAdam",
});

/** Whether the active tfjs backend has one of {@link fusedKernels}. */
export function hasFused(kernel: keyof typeof fusedKernels): boolean {
  return getKernel(fusedKernels[kernel], getBackend()) !== undefined;
}

/**
 * Runs one of {@link fusedKernels} on the active tfjs backend. No gradient flows: it belongs inside of `differentiable`.
 *
 * @returns the kernel's tensors in order, or nothing where the backend has no such kernel
 */
export function runFused(
  kernel: keyof typeof fusedKernels,
  inputs: Readonly<Record<string, Tensor>>,
  attrs: Readonly<Record<string, number>> = {},
): readonly Tensor[] | undefined {
  if (!hasFused(kernel)) return undefined;
  const made: Tensor | Tensor[] = engine().runKernel(fusedKernels[kernel], { ...inputs }, { ...attrs });
  return Array.isArray(made) ? made : [made];
}

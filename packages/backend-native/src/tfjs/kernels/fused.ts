import { fusedKernels } from "@plumbline/ops";
import {
  floatsOf,
  input,
  intsOf,
  type KernelCall,
  type KernelResult,
  made,
  type NativeKernels,
  sizeOf,
} from "../kernel.ts";

const floats = (call: KernelCall, name: string): Float32Array => floatsOf(call, input(call, name));

/** The indices [B, K], which our own operations always make as int32. */
function indicesOf(call: KernelCall): Int32Array {
  const tensor = input(call, "indices");
  return (
    intsOf(call, tensor) ?? Int32Array.from(call.backend.peek(tensor.dataId).values as ArrayLike<number>)
  );
}

/** These kernels have no counterpart in tfjs to turn to. */
function required(result: KernelResult, name: string): KernelResult {
  if (result === undefined)
    throw new RangeError(`${name}: an index is outside, shapes do not fit, or memory ran out`);
  return result;
}

function combineRows(call: KernelCall): KernelResult {
  const [nRows = 0] = input(call, "values").shape;
  const bias = floats(call, "bias");
  if (input(call, "rows").shape[1] !== bias.length) return required(undefined, fusedKernels.combineRows);
  const out = call.backend.take(nRows * bias.length);
  const done = call.native.combineRows(
    indicesOf(call),
    floats(call, "values"),
    floats(call, "rows"),
    bias,
    out,
  );
  return required(made(call, done, { shape: [nRows, bias.length], values: out }), fusedKernels.combineRows);
}

function dotRows(call: KernelCall): KernelResult {
  const { shape } = input(call, "indices");
  const out = call.backend.take(sizeOf(shape));
  const width = input(call, "y").shape[1] ?? 0;
  if (input(call, "rows").shape[1] !== width) return required(undefined, fusedKernels.dotRows);
  const done = call.native.dotRows(indicesOf(call), floats(call, "rows"), floats(call, "y"), width, out);
  return required(made(call, done, { shape, values: out }), fusedKernels.dotRows);
}

function accumulateRows(call: KernelCall): KernelResult {
  const [k = 0, width = 0] = [input(call, "indices").shape[1], input(call, "y").shape[1]];
  const { size } = call.attrs as { size: number };
  const out = call.backend.takeZeros(size * width);
  const [indices, values, y] = [indicesOf(call), floats(call, "values"), floats(call, "y")];
  const done = call.native.accumulateRows(indices, values, k, y, width, 0, out);
  return required(made(call, done, { shape: [size, width], values: out }), fusedKernels.accumulateRows);
}

function adam(call: KernelCall): KernelResult {
  const { beta1, beta2, epsilon, spread, stepSize } = call.attrs as Readonly<
    Record<"beta1" | "beta2" | "epsilon" | "spread" | "stepSize", number>
  >;
  const { shape } = input(call, "parameter");
  const next = [0, 1, 2].map(() => call.backend.take(sizeOf(shape))) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const done = call.native.adam(
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 / spread,
    epsilon,
    stepSize,
    floats(call, "gradient"),
    floats(call, "parameter"),
    floats(call, "mean"),
    floats(call, "variance"),
    ...next,
  );
  if (!done) return required(undefined, fusedKernels.adam);
  return next.map((values) => call.backend.makeTensorInfo([...shape], "float32", values));
}

/** Our own kernels; what they compute is said beside their names. */
export const ownKernels: NativeKernels = {
  [fusedKernels.combineRows]: combineRows,
  [fusedKernels.dotRows]: dotRows,
  [fusedKernels.accumulateRows]: accumulateRows,
  [fusedKernels.adam]: adam,
};

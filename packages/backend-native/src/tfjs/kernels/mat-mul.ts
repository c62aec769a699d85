import { broadcast_util, type TensorInfo } from "@tensorflow/tfjs-core";
import {
  allFloat,
  floatsOf,
  input,
  type KernelCall,
  type KernelResult,
  made,
  type NativeKernels,
  sizeOf,
} from "../kernel.ts";

/** Which matrix of a tensor with batch dimensions `own` belongs to each of the batch `whole`. */
function batchIndices(whole: readonly number[], own: readonly number[]): Int32Array {
  const indices = new Int32Array(sizeOf(whole));
  const missing = whole.length - own.length;
  for (let i = 0; i < indices.length; i++) {
    let [rest, stride, at] = [i, 1, 0];
    for (let d = whole.length - 1; d >= missing; d--) {
      const [size = 1, ownSize = 1] = [whole[d], own[d - missing]];
      if (ownSize > 1) at += (rest % size) * stride;
      rest = Math.floor(rest / size);
      stride *= ownSize;
    }
    indices[i] = at;
  }
  return indices;
}

interface Flags {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** The last two sizes, turned where the flag says so. */
function matrixOf(shape: readonly number[], turned: boolean): readonly [number, number] {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return turned ? [columns, rows] : [rows, columns];
}

function matMul(call: KernelCall): TensorInfo | undefined {
  const [a, b] = [input(call, "a"), input(call, "b")];
  const { transposeA = false, transposeB = false } = call.attrs as Flags;
  const [rows, depth] = matrixOf(a.shape, transposeA);
  const [depthB, columns] = matrixOf(b.shape, transposeB);
  if (!allFloat(a, b) || depth !== depthB) return undefined;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const shape = [...batch, rows, columns];
  const values = call.backend.take(sizeOf(shape));
  const done = call.native.matMul(
    floatsOf(call, a),
    transposeA ? 1 : 0,
    floatsOf(call, b),
    transposeB ? 1 : 0,
    rows,
    columns,
    depth,
    batchIndices(batch, batchA),
    batchIndices(batch, batchB),
    values,
  );
  return made(call, done, { shape, values });
}

/** Kernels of the activations that tfjs fuses; `linear` has none. */
const activations: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  prelu: "Prelu",
  leakyrelu: "LeakyRelu",
  sigmoid: "Sigmoid",
};

/** Product, then bias, then activation, each by the kernel of its own. */
function fusedMatMul(call: KernelCall): KernelResult {
  const { bias, preluActivationWeights: alpha } = call.inputs;
  const { activation, leakyreluAlpha } = call.attrs as { activation?: string; leakyreluAlpha?: number };
  let result = matMul(call);
  const then = (next: (current: TensorInfo) => TensorInfo): void => {
    if (result === undefined) return;
    const before = result;
    result = next(before);
    call.backend.disposeIntermediateTensorInfo(before);
  };
  if (bias !== undefined) then((current) => call.run("Add", { a: current, b: bias }));
  const name = activation === undefined ? undefined : activations[activation];
  if (name !== undefined) {
    then((x) => call.run(name, alpha === undefined ? { x } : { x, alpha }, { alpha: leakyreluAlpha }));
  }
  return result;
}

export const matMulKernels: NativeKernels = { BatchMatMul: matMul, _FusedMatMul: fusedMatMul };

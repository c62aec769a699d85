// What the addon exports as `tensors`; native/addon/tfjs_addon.cc. Arrays are read and written where they lie. Every function
// answers whether it did what it was asked; where it did not, the output holds nothing of use.

/** Orders of operations, as in native/tensor/elementwise.h and reduce.h. */
export const binaryOps = [
  "Add",
  "Sub",
  "Multiply",
  "RealDiv",
  "Maximum",
  "Minimum",
  "SquaredDifference",
] as const;
export const compareOps = ["Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"] as const;
export const unaryOps = [
  "Relu",
  "Step",
  "Square",
  "Sqrt",
  "Rsqrt",
  "Neg",
  "Abs",
  "Exp",
  "Log",
  "Tanh",
  "Sigmoid",
] as const;
export const reduceOps = ["Sum", "Mean", "Max", "Min"] as const;

/** The tensor kernels; one set of threads for the whole process. */
export interface TensorBinding {
  /** chooses an instruction set and a number of threads, for all calls to come */
  start(instructionSet: string, threads: number): boolean;
  /** `out[i] = a[whichA[i]] · b[whichB[i]]`, matrices one after the other */
  matMul(
    a: Float32Array,
    transposeA: 0 | 1,
    b: Float32Array,
    transposeB: 0 | 1,
    rows: number,
    columns: number,
    depth: number,
    whichA: Int32Array,
    whichB: Int32Array,
    out: Float32Array,
  ): boolean;
  /** `plan` as {@link broadcastPlan} makes it */
  binary(op: number, plan: Int32Array, a: Float32Array, b: Float32Array, out: Float32Array): boolean;
  compare(op: number, plan: Int32Array, a: Float32Array, b: Float32Array, out: Uint8Array): boolean;
  unary(op: number, parameter: number, x: Float32Array, out: Float32Array): boolean;
  select(condition: Uint8Array, a: Float32Array, b: Float32Array, out: Float32Array): boolean;
  floatsFromBytes(x: Uint8Array, out: Float32Array): boolean;
  floatsFromInts(x: Int32Array, out: Float32Array): boolean;
  /** 1 where x is not 0 */
  bytesFromFloats(x: Float32Array, out: Uint8Array): boolean;
  /** over the middle axis of `[outer, n, inner]` */
  reduce(op: number, x: Float32Array, outer: number, n: number, inner: number, out: Float32Array): boolean;
  /** of rows of n entries */
  topK(x: Float32Array, n: number, k: number, values: Float32Array, indices: Int32Array): boolean;
  /** `[outer, size, inner]` to `[outer, indices.length, inner]` */
  gather(
    x: Float32Array,
    outer: number,
    size: number,
    inner: number,
    indices: Int32Array,
    out: Float32Array,
  ): boolean;
  /** `[batch, rows, columns]` to `[batch, columns, rows]` */
  transpose(x: Float32Array, batch: number, rows: number, columns: number, out: Float32Array): boolean;
  /** `out[index] += value · y[i]` for the choices of each row i of y; `out` starts as zeros, values missing are ones */
  accumulateRows(
    indices: Int32Array,
    values: Float32Array | undefined,
    choicesPerRow: number,
    y: Float32Array,
    width: number,
    leaveOutOutside: 0 | 1,
    out: Float32Array,
  ): boolean;
  /** `out[b] = Σ_j values[b, j] · rows[indices[b, j]] + bias` */
  combineRows(
    indices: Int32Array,
    values: Float32Array,
    rows: Float32Array,
    bias: Float32Array,
    out: Float32Array,
  ): boolean;
  /** `out[b, j] = ⟨rows[indices[b, j]], y[b]⟩` */
  dotRows(
    indices: Int32Array,
    rows: Float32Array,
    y: Float32Array,
    width: number,
    out: Float32Array,
  ): boolean;
  adam(
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    inverseSpread: number,
    epsilon: number,
    stepSize: number,
    gradient: Float32Array,
    parameter: Float32Array,
    mean: Float32Array,
    variance: Float32Array,
    nextParameter: Float32Array,
    nextMean: Float32Array,
    nextVariance: Float32Array,
  ): boolean;
}

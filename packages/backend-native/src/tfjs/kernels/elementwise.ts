import { broadcast_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { binaryOps, compareOps, unaryOps } from "../binding.ts";
import { broadcastPlan } from "../broadcast.ts";
import {
  allFloat,
  floatsOf,
  input,
  intsOf,
  type KernelCall,
  type KernelResult,
  made,
  type NativeKernels,
  sizeOf,
} from "../kernel.ts";

/** The shape of two operands together, and the way through them. */
function meet(a: TensorInfo, b: TensorInfo): { shape: number[]; plan: Int32Array } | undefined {
  if (!allFloat(a, b)) return undefined;
  const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const plan = sizeOf(shape) === 0 ? undefined : broadcastPlan(shape, a.shape, b.shape);
  return plan === undefined ? undefined : { shape, plan };
}

function binary(op: number, call: KernelCall, a: TensorInfo, b: TensorInfo): TensorInfo | undefined {
  const met = meet(a, b);
  if (met === undefined) return undefined;
  const values = call.backend.take(sizeOf(met.shape));
  const done = call.native.binary(op, met.plan, floatsOf(call, a), floatsOf(call, b), values);
  return made(call, done, { shape: met.shape, values });
}

function compare(op: number, call: KernelCall): KernelResult {
  const [a, b] = [input(call, "a"), input(call, "b")];
  const met = meet(a, b);
  if (met === undefined) return undefined;
  const values = new Uint8Array(sizeOf(met.shape));
  const done = call.native.compare(op, met.plan, floatsOf(call, a), floatsOf(call, b), values);
  return made(call, done, { shape: met.shape, dtype: "bool", values });
}

function unary(op: number, call: KernelCall): KernelResult {
  const x = input(call, "x");
  if (!allFloat(x)) return undefined;
  const values = call.backend.take(sizeOf(x.shape));
  const { alpha = 0 } = call.attrs as { alpha?: number };
  return made(call, call.native.unary(op, alpha, floatsOf(call, x), values), { shape: x.shape, values });
}

/** The sum of many, from the left. */
function addN(call: KernelCall): KernelResult {
  const [first, ...others] = Object.values(call.inputs);
  if (first === undefined || others.length === 0 || !allFloat(first, ...others)) return undefined;
  let sum = first;
  for (const next of others) {
    const longer = binary(binaryOps.indexOf("Add"), call, sum, next);
    if (sum !== first) call.backend.disposeIntermediateTensorInfo(sum);
    if (longer === undefined) return undefined;
    sum = longer;
  }
  return sum;
}

function select(call: KernelCall): KernelResult {
  const [condition, t, e] = [input(call, "condition"), input(call, "t"), input(call, "e")];
  const { values: flags } = call.backend.peek(condition.dataId);
  if (!allFloat(t, e) || !(flags instanceof Uint8Array)) return undefined;
  const values = call.backend.take(sizeOf(t.shape));
  // A condition for whole rows is shorter, and refused.
  const done = call.native.select(flags, floatsOf(call, t), floatsOf(call, e), values);
  return made(call, done, { shape: t.shape, values });
}

/** To float32 from bool and int32, and from float32 to bool. */
function cast(call: KernelCall): KernelResult {
  const { native, backend, attrs } = call;
  const x = input(call, "x");
  const { values: from } = backend.peek(x.dataId);
  if (attrs.dtype === "bool" && allFloat(x)) {
    const values = new Uint8Array(sizeOf(x.shape));
    const done = native.bytesFromFloats(floatsOf(call, x), values);
    return made(call, done, { shape: x.shape, dtype: "bool", values });
  }
  if (attrs.dtype !== "float32") return undefined;
  const values = call.backend.take(sizeOf(x.shape));
  if (x.dtype === "bool" && from instanceof Uint8Array) {
    return made(call, native.floatsFromBytes(from, values), { shape: x.shape, values });
  }
  const ints = x.dtype === "int32" ? intsOf(call, x) : undefined;
  if (ints === undefined) return undefined;
  return made(call, native.floatsFromInts(ints, values), { shape: x.shape, values });
}

type Of = (call: KernelCall) => KernelResult;
const each = (names: readonly string[], of: (op: number) => Of): NativeKernels =>
  Object.fromEntries(names.map((name, op) => [name, of(op)]));

export const elementwiseKernels: NativeKernels = {
  ...each(binaryOps, (op) => (call) => binary(op, call, input(call, "a"), input(call, "b"))),
  ...each(compareOps, (op) => (call) => compare(op, call)),
  ...each(unaryOps, (op) => (call) => unary(op, call)),
  AddN: addN,
  Select: select,
  Cast: cast,
};

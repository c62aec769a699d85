import { slice_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { binaryOps } from "../binding.ts";
import { partPlan, tilePlan } from "../broadcast.ts";
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

interface Group {
  /** the last axis of the input that is in it */
  readonly last: number;
  readonly first: number;
  readonly size: number;
}

/** Axes of the output in order, those of size 1 left out, neighbours that stay neighbours taken together. */
function groups(shape: readonly number[], perm: readonly number[]): Group[] {
  const out: Group[] = [];
  const real = shape.flatMap((size, d) => (size === 1 ? [] : [d]));
  for (const axis of perm) {
    const size = shape[axis] ?? 1;
    if (size === 1) continue;
    const place = real.indexOf(axis);
    const before = out.at(-1);
    if (before !== undefined && before.last + 1 === place) {
      out[out.length - 1] = { first: before.first, last: place, size: before.size * size };
    } else {
      out.push({ first: place, last: place, size });
    }
  }
  return out;
}

/** Two groups of axes exchanged, the ones before them left where they are. */
function transpose(call: KernelCall): KernelResult {
  const x = input(call, "x");
  const { perm } = call.attrs as { perm: readonly number[] };
  const shape = perm.map((axis) => x.shape[axis] ?? 1);
  const found = groups(x.shape, perm);
  if (found.length <= 1 && sizeOf(shape) > 0) {
    call.backend.incRef(x.dataId);
    return { dataId: x.dataId, shape, dtype: x.dtype };
  }
  const batch = found.length === 3 && found[0]?.first === 0 ? found[0].size : 1;
  const [columns, rows] = found.slice(-2);
  if (!allFloat(x) || columns === undefined || rows === undefined) return undefined;
  if (found.length - (batch > 1 ? 1 : 0) !== 2) return undefined;
  const values = call.backend.take(sizeOf(shape));
  const done = call.native.transpose(floatsOf(call, x), batch, rows.size, columns.size, values);
  return made(call, done, { shape, values });
}

/** The same values in another shape. As in tfjs, but without a look at the values. */
function reshape(call: KernelCall): KernelResult {
  const x = input(call, "x");
  if (x.dtype === "complex64") return undefined;
  const size = sizeOf(x.shape);
  const shape = util.inferFromImplicitShape((call.attrs as { shape: number[] }).shape, size);
  if (sizeOf(shape) !== size) return undefined;
  call.backend.incRef(x.dataId);
  return { dataId: x.dataId, shape, dtype: x.dtype };
}

/** Copies along a plan by multiplication with 1, which changes no value. */
function copy(
  call: KernelCall,
  from: Float32Array,
  options: { shape: readonly number[]; plan: Int32Array | undefined },
): TensorInfo | undefined {
  const { shape, plan } = options;
  if (plan === undefined) return undefined;
  const values = call.backend.take(sizeOf(shape));
  const one = Float32Array.of(1);
  return made(call, call.native.binary(binaryOps.indexOf("Multiply"), plan, from, one, values), {
    shape,
    values,
  });
}

function tile(call: KernelCall): KernelResult {
  const x = input(call, "x");
  const { reps } = call.attrs as { reps: readonly number[] };
  const shape = x.shape.map((size, d) => size * (reps[d] ?? 1));
  if (!allFloat(x) || sizeOf(shape) === 0) return undefined;
  return copy(call, floatsOf(call, x), { shape, plan: tilePlan(x.shape, reps) });
}

/** A copy, where tfjs takes a view: the array stays with one tensor. */
function slice(call: KernelCall): KernelResult {
  const x = input(call, "x");
  if (!allFloat(x)) return undefined;
  const { begin: from, size: wanted } = call.attrs as { begin: number | number[]; size: number | number[] };
  const [begin = [], size = []] = slice_util.parseSliceParams(x, from, wanted);
  slice_util.assertParamsValid(x, begin, size);
  if (sizeOf(size) === 0) return undefined;
  const offset = slice_util.computeFlatOffset(begin, util.computeStrides(x.shape));
  return copy(call, floatsOf(call, x).subarray(offset), { shape: size, plan: partPlan(x.shape, size) });
}

/** Rows of x set into a larger tensor of one value: the gradient of slice. */
function pad(call: KernelCall): KernelResult {
  const x = input(call, "x");
  const { paddings, constantValue = 0 } = call.attrs as { paddings: number[][]; constantValue?: number };
  const width = x.shape.at(-1) ?? 0;
  if (!allFloat(x) || sizeOf(x.shape) === 0) return undefined;
  const shape = x.shape.map((size, d) => (paddings[d]?.[0] ?? 0) + size + (paddings[d]?.[1] ?? 0));
  const strides = [...util.computeStrides(shape), 1];
  const values = call.backend.take(sizeOf(shape)).fill(constantValue);
  const from = floatsOf(call, x);
  for (let row = 0; row * width < from.length; row++) {
    let [rest, at] = [row, paddings.at(-1)?.[0] ?? 0];
    for (let d = x.shape.length - 2; d >= 0; d--) {
      const size = x.shape[d] ?? 1;
      at += ((rest % size) + (paddings[d]?.[0] ?? 0)) * (strides[d] ?? 0);
      rest = Math.floor(rest / size);
    }
    values.set(from.subarray(row * width, (row + 1) * width), at);
  }
  return made(call, true, { shape, values });
}

export const layoutKernels: NativeKernels = {
  Transpose: transpose,
  Reshape: reshape,
  Tile: tile,
  Slice: slice,
  PadV2: pad,
};

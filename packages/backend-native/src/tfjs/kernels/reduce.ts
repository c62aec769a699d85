import { backend_util, util } from "@tensorflow/tfjs-core";
import { reduceOps } from "../binding.ts";
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

/**
 * A shape as `[outer, n, inner]` with n the axes that are reduced; nothing where they are not neighbours. Axes of size 1 are in
 * nobody's way.
 */
export function aroundAxes(
  shape: readonly number[],
  axes: readonly number[],
): { outer: number; n: number; inner: number } | undefined {
  const reduced = new Set(axes);
  const sizes = { outer: 1, n: 1, inner: 1 };
  let part: keyof typeof sizes = "outer";
  for (const [d, size] of shape.entries()) {
    if (size === 1) continue;
    if (reduced.has(d)) {
      if (part === "inner") return undefined;
      part = "n";
    } else if (part === "n") {
      part = "inner";
    }
    sizes[part] *= size;
  }
  return sizes;
}

function reduce(op: number, call: KernelCall): KernelResult {
  const x = input(call, "x");
  if (!allFloat(x)) return undefined;
  const attrs = call.attrs as {
    axis?: number | number[];
    reductionIndices?: number | number[];
    keepDims?: boolean;
  };
  // Max has another word for it than the others; none means all.
  const wanted = attrs.reductionIndices ?? attrs.axis ?? x.shape.map((_, d) => d);
  const axes = util.parseAxisParam(wanted, x.shape);
  const parts = aroundAxes(x.shape, axes);
  if (parts === undefined) return undefined;
  const [kept] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = attrs.keepDims === true ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
  const values = call.backend.take(sizeOf(kept));
  const { outer, n, inner } = parts;
  return made(call, call.native.reduce(op, floatsOf(call, x), outer, n, inner, values), { shape, values });
}

export const reduceKernels: NativeKernels = Object.fromEntries(
  reduceOps.map((name, op) => [name, (call: KernelCall) => reduce(op, call)]),
);

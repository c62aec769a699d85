import { backend_util, util } from "@tensorflow/tfjs-core";
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

/** Positions in the leading dimensions, from indices of several of them. */
function flatten(indices: Int32Array, rank: number, strides: readonly number[]): Int32Array {
  if (rank === 1 && strides[0] === 1) return indices;
  const flat = new Int32Array(indices.length / rank);
  for (let i = 0; i < flat.length; i++) {
    let at = 0;
    for (let d = 0; d < rank; d++) at += (indices[i * rank + d] ?? 0) * (strides[d] ?? 0);
    flat[i] = at;
  }
  return flat;
}

function gatherNd(call: KernelCall): KernelResult {
  const [params, indices] = [input(call, "params"), input(call, "indices")];
  const which = intsOf(call, indices);
  if (!allFloat(params) || which === undefined) return undefined;
  const [shape, nSlices, width, strides] = backend_util.prepareAndValidate(params, indices);
  if (nSlices * width === 0) return undefined;
  const flat = flatten(which, indices.shape.at(-1) ?? 1, strides);
  const values = call.backend.take(nSlices * width);
  const size = sizeOf(params.shape) / width;
  const done = call.native.gather(floatsOf(call, params), 1, size, width, flat, values);
  return made(call, done, { shape, values });
}

function gatherV2(call: KernelCall): KernelResult {
  const [x, indices] = [input(call, "x"), input(call, "indices")];
  const which = intsOf(call, indices);
  const { axis = 0, batchDims = 0 } = call.attrs as { axis?: number; batchDims?: number };
  if (!allFloat(x) || which === undefined || batchDims !== 0) return undefined;
  const [along = 0] = util.parseAxisParam(axis, x.shape);
  const found = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, along, 0);
  const { outerSize, dimSize, sliceSize, outputShape: shape } = found;
  const values = call.backend.take(sizeOf(shape));
  const done = call.native.gather(floatsOf(call, x), outerSize, dimSize, sliceSize, which, values);
  return made(call, done, { shape, values });
}

function scatterNd(call: KernelCall): KernelResult {
  const [indices, updates] = [input(call, "indices"), input(call, "updates")];
  const { shape } = call.attrs as { shape: number[] };
  const which = intsOf(call, indices);
  if (!allFloat(updates) || which === undefined) return undefined;
  const { sliceRank, sliceSize, strides, outputSize } = backend_util.calculateShapes(updates, indices, shape);
  const flat = flatten(which, sliceRank, strides);
  const values = call.backend.takeZeros(outputSize);
  const done = call.native.accumulateRows(flat, undefined, 1, floatsOf(call, updates), sliceSize, 0, values);
  return made(call, done, { shape, values });
}

/** The gradient of gather. Ids outside are left out, as in tfjs. */
function unsortedSegmentSum(call: KernelCall): KernelResult {
  const [x, segmentIds] = [input(call, "x"), input(call, "segmentIds")];
  const { numSegments } = call.attrs as { numSegments: number };
  const which = intsOf(call, segmentIds);
  if (!allFloat(x) || which === undefined || segmentIds.shape.length !== 1) return undefined;
  const shape = [numSegments, ...x.shape.slice(1)];
  const values = call.backend.takeZeros(sizeOf(shape));
  const width = sizeOf(x.shape.slice(1));
  const done = call.native.accumulateRows(which, undefined, 1, floatsOf(call, x), width, 1, values);
  return made(call, done, { shape, values });
}

function topK(call: KernelCall): KernelResult {
  const x = input(call, "x");
  const { k } = call.attrs as { k: number };
  const n = x.shape.at(-1) ?? 0;
  if (!allFloat(x) || n === 0) return undefined;
  const shape = [...x.shape.slice(0, -1), k];
  const [values, indices] = [call.backend.take(sizeOf(shape)), new Int32Array(sizeOf(shape))];
  if (!call.native.topK(floatsOf(call, x), n, k, values, indices)) return undefined;
  return [
    call.backend.makeTensorInfo([...shape], "float32", values),
    call.backend.makeTensorInfo([...shape], "int32", indices),
  ];
}

export const rowKernels: NativeKernels = {
  GatherNd: gatherNd,
  GatherV2: gatherV2,
  ScatterNd: scatterNd,
  UnsortedSegmentSum: unsortedSegmentSum,
  TopK: topK,
};

import { widenFloats } from "@plumbline/safetensors";
import { fileError, usageError } from "../errors.ts";
import type { RuntimeTensor } from "./runtime.ts";

/** Values of a tensor as float32; those of half the width are widened exactly. */
export function float32Of(tensor: RuntimeTensor, name: string): Float32Array {
  const { type, data } = tensor;
  if (data instanceof Float32Array) return data;
  if (type === "float16" && data instanceof Uint16Array) {
    const values = new Float32Array(data.length);
    widenFloats(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), "F16", values);
    return values;
  }
  // Where JavaScript has a Float16Array, runtimes give one.
  if (type === "float16" || type === "float64") return Float32Array.from(data as ArrayLike<number>);
  throw usageError({
    code: "dtype-mismatch",
    message: `expected the tensor "${name}" to hold floats, it holds ${type}`,
    hint: "is it the right hook point?",
  });
}

/**
 * Width of a tensor's rows, one a position: of `[items, positions, …]` or, where positions are known, `[items · positions, width]`.
 *
 * @throws PlumblineError `not-per-token` for a tensor of another form
 */
export function widthOf(
  dims: readonly number[],
  run: { readonly name: string; readonly nItems: number; readonly nPositions: number | undefined },
): number {
  const { name, nItems, nPositions = dims[1] ?? 0 } = run;
  const size = dims.reduce((product, length) => product * length, 1);
  const perPosition = dims.length >= 3 && dims[0] === nItems && dims[1] === nPositions;
  const flat = dims.length === 2 && run.nPositions !== undefined && dims[0] === nItems * nPositions;
  if (size > 0 && (perPosition || flat)) return size / (nItems * nPositions);
  const expected = run.nPositions === undefined ? "positions" : String(nPositions);
  throw usageError({
    code: "not-per-token",
    message: `expected the tensor "${name}" to be [${nItems}, ${expected}, width], got [${dims.join(", ")}]`,
    hint: "choose a hook point with one row a token",
  });
}

/** Copies the rows of tokens out of what was computed for padded sequences. */
export function rowsOfTokens(
  values: Float32Array,
  {
    lengths,
    nPositions,
    width,
  }: { readonly lengths: readonly number[]; readonly nPositions: number; readonly width: number },
): Float32Array {
  const nRows = lengths.reduce((sum, length) => sum + length, 0);
  if (nRows * width === values.length) return values;
  const rows = new Float32Array(nRows * width);
  let at = 0;
  for (const [sequence, length] of lengths.entries()) {
    const start = sequence * nPositions * width;
    rows.set(values.subarray(start, start + length * width), at);
    at += length * width;
  }
  return rows;
}

/** The reverse of {@link rowsOfTokens}; padding is zero. */
export function padRows(
  rows: Float32Array,
  {
    lengths,
    nPositions,
    width,
  }: { readonly lengths: readonly number[]; readonly nPositions: number; readonly width: number },
): Float32Array {
  if (rows.length === lengths.length * nPositions * width) return rows;
  const values = new Float32Array(lengths.length * nPositions * width);
  let at = 0;
  for (const [sequence, length] of lengths.entries()) {
    values.set(rows.subarray(at, at + length * width), sequence * nPositions * width);
    at += length * width;
  }
  return values;
}

/** The error for what a runtime refuses. */
export function runtimeError(where: string, doing: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return fileError({
    code: "runtime-refused",
    message: `ONNX Runtime ${doing}: ${reason.slice(0, 500)}`,
    where,
    hint: "a newer onnxruntime-node may know the operations of this model",
    cause,
  });
}

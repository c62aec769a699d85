import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";
import type { TensorBinding } from "./binding.ts";
import type { NativeBackend } from "./native-backend.ts";

/** One call of a kernel. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: NativeBackend;
  readonly native: TensorBinding;
  /** another kernel of the same backend */
  run(
    kernelName: string,
    inputs: Readonly<Record<string, TensorInfo>>,
    attrs?: Readonly<Record<string, unknown>>,
  ): TensorInfo;
}

/** What a kernel makes; nothing where it leaves the call to the kernel of tfjs. */
export type KernelResult = TensorInfo | TensorInfo[] | undefined;

/** Native kernels by the names of tfjs, or our own. */
export type NativeKernels = Readonly<Record<string, (call: KernelCall) => KernelResult>>;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function input(call: KernelCall, name: string): TensorInfo {
  const found = call.inputs[name];
  if (found === undefined) throw new TypeError(`the kernel was called without its input ${name}`);
  return found;
}

/** Whether all are float32, which is all that native kernels compute in. */
export const allFloat = (...tensors: readonly TensorInfo[]): boolean =>
  tensors.every(({ dtype }) => dtype === "float32");

/**
 * The live values of a float32 tensor. The cast of tfjs's cpu backend leaves bytes and integers as they are under another type;
 * those are converted.
 */
export function floatsOf({ backend }: KernelCall, tensor: TensorInfo): Float32Array {
  const { values } = backend.peek(tensor.dataId);
  return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
}

/** The live values of an int32 tensor, or nothing where they lie in another kind of array. */
export function intsOf({ backend }: KernelCall, tensor: TensorInfo): Int32Array | undefined {
  const { values } = backend.peek(tensor.dataId);
  return values instanceof Int32Array ? values : undefined;
}

/** A tensor that takes over `values`, if they were made; shapes are copied. */
export function made(
  { backend }: KernelCall,
  done: boolean,
  output: { shape: readonly number[]; dtype?: DataType; values: Float32Array | Int32Array | Uint8Array },
): TensorInfo | undefined {
  const { shape, dtype = "float32", values } = output;
  return done ? backend.makeTensorInfo([...shape], dtype, values) : undefined;
}

import type { Tensor } from "@tensorflow/tfjs-core";

/** Tensors by name: parameters, gradients, buffers. */
export type TensorMap = Readonly<Record<string, Tensor>>;

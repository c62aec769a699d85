import type { Backend } from "@plumbline/core";
import { defineTensorFlowBackend } from "@plumbline/engine-tfjs/node";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * The generic engine on TensorFlow's C library and a GPU by CUDA, not deterministic. Needs `@tensorflow/tfjs-node-gpu`, an
 * optional peer; where it, its addon, a library or the GPU is missing, a probe says so and what to do. It never falls back to
 * the CPU, which TensorFlow does without a word.
 *
 * @example
 * import { tfjsNodeGpuBackend } from "@plumbline/backend-tfjs-node-gpu";
 *
 * const probe = await tfjsNodeGpuBackend.probe();
 * console.log(probe.available ? probe.device : probe.reason); // …
 */
export const tfjsNodeGpuBackend: Backend<Tensor> = defineTensorFlowBackend({
  name: "tfjs-node-gpu",
  description: "TensorFlow.js on TensorFlow's C library and a GPU: every architecture, to be installed",
  packageName: "@tensorflow/tfjs-node-gpu",
  // That of the same kernels on a CPU, a lower bound: `auto` does not bet on a GPU that nobody measured.
  speed: 70,
  from: import.meta.url,
  loadTfjs: () => import("@tensorflow/tfjs"),
});

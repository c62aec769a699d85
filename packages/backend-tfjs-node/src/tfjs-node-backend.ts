import type { Backend } from "@plumbline/core";
import { defineTensorFlowBackend } from "@plumbline/engine-tfjs/node";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * The generic engine on TensorFlow's C library: all processors, not deterministic. Needs `@tensorflow/tfjs-node`, an optional
 * peer; where it or its addon is missing, a probe says so and what to do.
 *
 * With a TensorFlow that was built for CUDA it uses the first GPU, as TensorFlow does, and the probe's `device` names it.
 *
 * @example
 * import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
 *
 * const probe = await tfjsNodeBackend.probe();
 * console.log(probe.available ? probe.device : probe.reason); // …
 */
export const tfjsNodeBackend: Backend<Tensor> = defineTensorFlowBackend({
  name: "tfjs-node",
  description: "TensorFlow.js on TensorFlow's C library: every architecture, all processors, to be installed",
  packageName: "@tensorflow/tfjs-node",
  speed: 70,
  from: import.meta.url,
  loadTfjs: () => import("@tensorflow/tfjs"),
});

import type { Backend } from "@plumbline/core";
import { defineTfjsBackend, startTfjsBackend } from "@plumbline/engine-tfjs";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * The generic engine on TensorFlow.js's plain JavaScript kernels. Runs wherever JavaScript does and is the reference that
 * other backends are compared with; one thread, deterministic, slow.
 *
 * @example
 * import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
 *
 * const probe = await tfjsCpuBackend.probe();
 * console.log(probe.available); // true
 */
export const tfjsCpuBackend: Backend<Tensor> = defineTfjsBackend({
  name: "tfjs-cpu",
  description: "TensorFlow.js in plain JavaScript: everywhere, deterministic, slow",
  nextStep: "install @tensorflow/tfjs again",
  load: async () => {
    // The union package registers the gradients that tfjs-core leaves out in Node.
    const tf = await import("@tensorflow/tfjs");
    // Otherwise tfjs prints an advertisement for another backend when the cpu backend is first used.
    tf.env().set("PROD", true);
    await startTfjsBackend("cpu");
    return {
      backendName: "cpu",
      deterministic: true,
      device: "JavaScript, 1 thread",
      versions: { "@tensorflow/tfjs": tf.version.tfjs },
      speed: 1,
    };
  },
});

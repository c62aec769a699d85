import type { Backend } from "@plumbline/core";
import { defineTfjsBackend, startTfjsBackend } from "@plumbline/engine-tfjs";
import type { Tensor } from "@tensorflow/tfjs-core";
import { loadTensors } from "./load-tensors.ts";
import { createNativeBackend } from "./native-backend.ts";
import { registerNative, tfjsName } from "./register.ts";

/**
 * The generic engine on native kernels: every architecture, plugins included, in TensorFlow.js operations, the costly ones
 * of which run in the addon, in several threads and without copies. Deterministic for any number of threads.
 *
 * In tfjs it is the backend `plumbline-native`: the cpu backend, with native kernels for float32 in the place of its own.
 *
 * @example
 * import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
 *
 * const probe = await nativeTfjsBackend.probe();
 * console.log(probe.available ? probe.device : probe.reason); // …
 */
export const nativeTfjsBackend: Backend<Tensor> = defineTfjsBackend({
  name: "native-tfjs",
  description: "TensorFlow.js on own kernels in C++: every architecture, deterministic, all processors",
  nextStep: "run npx plumbline-native-build, which compiles the addon, or use tfjs-wasm",
  load: async () => {
    const { native, instructionSets, threads, origin } = await loadTensors();
    // The union package registers the gradients that tfjs-core leaves out in Node.
    const tf = await import("@tensorflow/tfjs");
    const cpu = await import("@tensorflow/tfjs-backend-cpu");
    // Otherwise tfjs prints an advertisement for another backend when a cpu backend is first used.
    tf.env().set("PROD", true);
    registerNative(native, () => createNativeBackend(cpu.MathBackendCPU));
    await startTfjsBackend(tfjsName);
    return {
      backendName: tfjsName,
      deterministic: true,
      device: `addon, ${instructionSets[0]}, ${threads} thread${threads === 1 ? "" : "s"} (${origin})`,
      versions: { "@tensorflow/tfjs": tf.version.tfjs },
      // TopK steps took 1/4.1 (dIn 512, dSae 2048, batch 512) to 1/4.5 (dIn 512, dSae 4096, batch 1024) of the CPU time on
      // tfjs-wasm, which counts as 40; on more than one processor it is further ahead.
      speed: 200,
    };
  },
});

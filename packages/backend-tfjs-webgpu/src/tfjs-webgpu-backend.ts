import type { Backend } from "@plumbline/core";
import {
  defineTfjsBackend,
  startTfjsBackend,
  type TfjsAbsence,
  type TfjsDevice,
} from "@plumbline/engine-tfjs";
import type { Tensor } from "@tensorflow/tfjs-core";
import { registerAdam } from "./adam-kernel.ts";
import { adapterFacts } from "./adapter-facts.ts";
import { nodeProcess, withNavigatorGpu } from "./globals.ts";
import { openGpu } from "./open-gpu.ts";
import { deviceRefused, noAdapter } from "./unavailable.ts";
import type { WebgpuOptions } from "./web-gpu.ts";

const tfjsName = "webgpu";
const gpuOfBackend: unique symbol = Symbol.for("plumbline.gpu") as never;

async function start(options: WebgpuOptions): Promise<TfjsDevice | TfjsAbsence> {
  const gpu = await openGpu(options);
  if ("reason" in gpu) return gpu;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) {
    const platform = nodeProcess()?.platform;
    return noAdapter(platform === undefined ? "browser" : platform === "linux" ? "linux" : "elsewhere");
  }
  const { device, isSoftware } = adapterFacts(adapter);
  return withNavigatorGpu(gpu, async () => {
    // The union package registers the gradients that tfjs-core leaves out in Node.
    const tf = await import("@tensorflow/tfjs");
    tf.env().set("PROD", true);
    const { webgpu_util: dispatch } = await import("@tensorflow/tfjs-backend-webgpu");
    try {
      await startTfjsBackend(tfjsName);
    } catch (error) {
      return deviceRefused(error);
    }
    registerAdam(tfjsName, dispatch);
    // Dawn's objects are gone as soon as nobody holds the one that made them, and using them then ends the process.
    Object.defineProperty(tf.findBackend(tfjsName), gpuOfBackend, { value: gpu, configurable: true });
    return {
      backendName: tfjsName,
      // Sums by atomic additions come in the order in which threads arrive.
      deterministic: false,
      device,
      versions: { "@tensorflow/tfjs": tf.version.tfjs, "@tensorflow/tfjs-backend-webgpu": webgpuKernels },
      speed: isSoftware ? softwareSpeed : hardwareSpeed,
    };
  });
}

/** The version that package.json pins; the package does not say its own. */
const webgpuKernels = "4.22.0";
/** TopK steps on SwiftShader took 4 (dIn 128, dSae 512, batch 128) to 5 times (32, 64, 256) the time on tfjs-cpu, which is 1. */
const softwareSpeed = 0.2;
/**
 * A TopK step took 17 ms on an NVIDIA H200 (dIn 512, dSae 4096, batch 1024), 97 ms on native-tfjs with one core, which is 200,
 * and 8 ms on native with 16. Other graphics processors are slower by one or two orders: above native-tfjs, below native.
 */
const hardwareSpeed = 300;

/**
 * The backend with options; {@link tfjsWebgpuBackend} is the one without.
 *
 * @example
 * import { createTfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
 *
 * const backend = createTfjsWebgpuBackend({
 *   importWebgpu: () => Promise.reject(new Error("its file is not where it should be")),
 * });
 * console.log(backend.name); // tfjs-webgpu
 */
export function createTfjsWebgpuBackend(options: WebgpuOptions = {}): Backend<Tensor> {
  let started: TfjsDevice | undefined;
  return defineTfjsBackend({
    name: "tfjs-webgpu",
    description:
      "TensorFlow.js on the graphics processor, by WebGPU: in browsers, and in Node with the package webgpu",
    nextStep: "use tfjs-wasm",
    load: async () => {
      if (started !== undefined) return started;
      const found = await start(options);
      if ("reason" in found) return found;
      started = found;
      return started;
    },
  });
}

/**
 * The generic engine on TensorFlow.js's WebGPU kernels. Browsers bring WebGPU; Node has it where the package `webgpu` is
 * installed and a Vulkan, Metal or Direct3D driver is there. Not deterministic.
 *
 * @example
 * import { tfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
 *
 * const probe = await tfjsWebgpuBackend.probe();
 * console.log(probe.available ? probe.device : `${probe.reason}; ${probe.nextStep}`); // …
 */
export const tfjsWebgpuBackend: Backend<Tensor> = createTfjsWebgpuBackend();

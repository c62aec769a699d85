import { nativeBackend } from "@plumbline/backend-native";
import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
import { tfjsNodeGpuBackend } from "@plumbline/backend-tfjs-node-gpu";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { tfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
import type { Backend, BackendProbe } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs";
import { probeWebgpu } from "../webgpu.support.ts";

/** A backend that repeats the recorded runs, or why it does not. */
export interface ParityBackend {
  readonly backend: Backend<Tensor>;
  readonly probe: BackendProbe;
  /** what tfjs knows it as; the fused engine is none of tfjs's */
  readonly tfjsName?: string;
}

/** All backends, each asked whether it runs here. TensorFlow's two packages share a name: the first that is here keeps it. */
export async function findParityBackends(): Promise<readonly ParityBackend[]> {
  await probeWebgpu();
  const found: ParityBackend[] = [];
  for (const [backend, tfjsName] of [
    [tfjsCpuBackend, "cpu"],
    [tfjsWasmBackend, "wasm"],
    [nativeBackend, undefined],
    [nativeTfjsBackend, "plumbline-native"],
    [tfjsNodeGpuBackend, "tensorflow"],
    [tfjsNodeBackend, "tensorflow"],
    [tfjsWebgpuBackend, "webgpu"],
  ] as const) {
    found.push({ backend, probe: await backend.probe(), ...(tfjsName === undefined ? {} : { tfjsName }) });
  }
  return found;
}

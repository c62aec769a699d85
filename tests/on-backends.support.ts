import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
import { tfjsNodeGpuBackend } from "@plumbline/backend-tfjs-node-gpu";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import type { BackendProbe } from "@plumbline/core";
import { type Tensor, tidy } from "@tensorflow/tfjs";
import { beforeAll, describe as suite, test } from "vitest";
import { probeWebgpu } from "./webgpu.support.ts";

// A probe starts the backend in tfjs.
// TensorFlow's two packages share a name: the first that is here is tested.
const onGpu = await tfjsNodeGpuBackend.probe();
const optional: Readonly<Record<string, BackendProbe>> = {
  "plumbline-native": await nativeTfjsBackend.probe(),
  tensorflow: onGpu.available ? onGpu : await tfjsNodeBackend.probe(),
  webgpu: await probeWebgpu(),
};
beforeAll(async () => {
  for (const backend of [tfjsCpuBackend, tfjsWasmBackend]) await backend.probe();
});

/** Runs a suite for tfjs backends by name; skips one that is not there, with the reason. */
export function onBackends(names: readonly string[], title: string, body: (backend: string) => void): void {
  for (const name of names) {
    const probe = optional[name];
    if (probe === undefined || probe.available) suite(`${title} ${name}`, () => body(name));
    else test(`${title} ${name}`, ({ skip }) => skip(probe.reason));
  }
}

/** The numbers of each tensor that `work` gives; read without waiting on the spot, which webgpu cannot in Node. */
export async function numbersOf(work: () => Tensor[]): Promise<Float32Array[]> {
  const tensors = tidy(work);
  const numbers = await Promise.all(tensors.map(async (t) => Float32Array.from(await t.data())));
  for (const t of tensors) t.dispose();
  return numbers;
}

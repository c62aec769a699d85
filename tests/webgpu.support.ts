import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
import type { BackendProbe } from "@plumbline/core";

/** SwiftShader, where `npm run webgpu` has found or fetched it. */
const driver = fileURLToPath(new URL("../.webgpu/swiftshader.json", import.meta.url));

/** Environment in which the driver in software is there beside those of the system. */
export const webgpuEnvironment: Readonly<Record<string, string>> =
  process.env.VK_DRIVER_FILES === undefined && existsSync(driver) ? { VK_ADD_DRIVER_FILES: driver } : {};

/** What the WebGPU backend finds here; "npm run webgpu" makes it find something. */
export async function probeWebgpu(): Promise<BackendProbe> {
  Object.assign(process.env, webgpuEnvironment);
  return tfjsWebgpuBackend.probe();
}

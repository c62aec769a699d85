export { createTfjsWebgpuBackend, tfjsWebgpuBackend } from "./tfjs-webgpu-backend.ts";
export type { WebgpuOptions, WebgpuPackage } from "./web-gpu.ts";

export { tfjsNodeGpuBackend } from "./tfjs-node-gpu-backend.ts";

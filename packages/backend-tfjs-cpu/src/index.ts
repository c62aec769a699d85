export { tfjsCpuBackend } from "./tfjs-cpu-backend.ts";

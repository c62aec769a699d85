export { tfjsWasmBackend } from "./tfjs-wasm-backend.ts";

import type { EngineChoice } from "./ours/settings.ts";

/** Our engines by the names that tables have for them. */
export type EngineName =
  | "native fp32"
  | "native auto"
  | "native bf16"
  | "native int16"
  | "native int8"
  | "native wasm"
  | "native-tfjs"
  | "tfjs-node"
  | "tfjs-node-gpu"
  | "tfjs-webgpu"
  | "tfjs-wasm"
  | "tfjs-cpu";

/** What each of them is. */
export const engines: Readonly<Record<EngineName, EngineChoice>> = {
  "native fp32": { backend: "native", precision: "fp32" },
  "native auto": { backend: "native", precision: "auto" },
  "native bf16": { backend: "native", precision: "bf16" },
  "native int16": { backend: "native", precision: "int16" },
  "native int8": { backend: "native", precision: "int8" },
  "native wasm": { backend: "native", runtime: "wasm", precision: "auto" },
  "native-tfjs": { backend: "native-tfjs" },
  "tfjs-node": { backend: "tfjs-node" },
  "tfjs-node-gpu": { backend: "tfjs-node-gpu", queues: true },
  "tfjs-webgpu": { backend: "tfjs-webgpu", queues: true },
  "tfjs-wasm": { backend: "tfjs-wasm" },
  // A step takes 14 to 31 ns a product: up to 4 s here, up to a minute at W2.
  "tfjs-cpu": { backend: "tfjs-cpu", mostProducts: 2 ** 27 },
};

/** All of them, in the order of the tables. */
export const engineNames: readonly EngineName[] = Object.keys(engines) as EngineName[];

/** The generic engine where it is fast enough for tables of all architectures. */
export const genericEngines: readonly EngineName[] = [
  "native-tfjs",
  "tfjs-node",
  "tfjs-node-gpu",
  "tfjs-webgpu",
];

/** The fused engine's ways that tables of all architectures have. */
export const fusedEngines: readonly EngineName[] = ["native fp32", "native auto", "native wasm"];

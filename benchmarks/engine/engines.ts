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
  | "tfjs-wasm";

/** What each of them is. */
export const engines: Readonly<Record<EngineName, EngineChoice>> = {
  "native fp32": { backend: "native", precision: "fp32" },
  "native auto": { backend: "native", precision: "auto" },
  "native bf16": { backend: "native", precision: "bf16" },
  "native int16": { backend: "native", precision: "int16" },
  "native int8": { backend: "native", precision: "int8" },
  "native wasm": { backend: "native", runtime: "wasm", precision: "auto" },
  "native-tfjs": { backend: "native-tfjs" },
  "tfjs-wasm": { backend: "tfjs-wasm" },
};

/** The fused engine's ways that tables of all architectures have. */
export const fusedEngines: readonly EngineName[] = ["native fp32", "native auto", "native wasm"];

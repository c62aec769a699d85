import type { CommonSettings } from "../protocol.ts";

/** Which engine runs. */
export interface EngineChoice {
  readonly backend: "native" | "native-tfjs" | "tfjs-wasm";
  /** for `native` */
  readonly precision?: "auto" | "fp32" | "bf16" | "int8" | "int16";
  readonly runtime?: "addon" | "wasm";
  readonly instructionSet?: string;
}

/** The `init` request of our worker. */
export interface OurSettings extends CommonSettings {
  readonly engine: EngineChoice;
  readonly architecture: "topk" | "batch-topk" | "relu-l1" | "jumprelu";
  readonly aligned: boolean;
}

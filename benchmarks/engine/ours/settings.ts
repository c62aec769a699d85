import type { CommonSettings } from "../protocol.ts";

/** Which engine runs. */
export interface EngineChoice {
  /** by its own name */
  readonly backend: string;
  /** a step returns before its device has done it, so that a turn has to wait for the device as well */
  readonly queues?: true;
  /** largest batchSize · dIn · dSae at which one waits for a step */
  readonly mostProducts?: number;
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

import type { TensorBinding } from "../tfjs/binding.ts";
import type { ArrayId, Report } from "./layout.ts";

/** What the C++ core answers where it cannot do what it was asked. */
export type CoreStatus = "ok" | "no-memory" | "not-finite" | "bad-config" | "not-trainable";

/** A step's or an encoding's outcome. */
export interface CoreOutcome {
  readonly status: CoreStatus;
  readonly report: Report;
}

/** Latents of a batch, in the arrays of CSR. */
export interface CoreLatents extends CoreOutcome {
  readonly rowStarts: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/**
 * One SAE inside the core. Everything is asynchronous, since the core may live in another thread. Callers wait for one
 * operation before they start the next.
 */
export interface CoreEngine {
  /** copies an array out; empty where the engine has none of that number */
  read(id: ArrayId, kind: "float32" | "int32"): Promise<Float32Array | Int32Array>;
  /**
   * copies an array in; lengths are the caller's business. An array that is given up is empty afterwards, and its memory free
   * before the garbage collector comes for it.
   */
  write(id: ArrayId, data: Float32Array | Int32Array, options?: { readonly giveUp?: boolean }): Promise<void>;
  readCounters(): Promise<Float64Array>;
  /** sets the counters, and with them makes everything that follows from the arrays anew */
  writeCounters(counters: Float64Array): Promise<void>;
  step(batch: Float32Array, controls: Float64Array, target: Float32Array | undefined): Promise<CoreOutcome>;
  encode(batch: Float32Array): Promise<CoreLatents>;
  /** indices below dSae, starts ascending: the caller has checked */
  decode(latents: {
    readonly rowStarts: Uint32Array;
    readonly indices: Uint32Array;
    readonly values: Float32Array;
  }): Promise<Float32Array>;
  dispose(): void;
}

/** The core as it was loaded on this machine. */
export interface Core {
  readonly runtime: "addon" | "wasm";
  /** where it came from, for the reader */
  readonly origin: string;
  /** the instruction sets that run here, best first */
  readonly instructionSets: readonly string[];
  readonly threads: number;
  /** the level that stands for `auto` on an instruction set */
  automaticLevel(instructionSet: string): number;
  create(config: Float64Array, instructionSet: string): Promise<CoreEngine | CoreStatus>;
  /** kernels for a tfjs backend; the addon has them */
  readonly tensors?: TensorBinding;
}

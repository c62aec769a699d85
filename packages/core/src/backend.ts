import type { ActivationSample, Architecture, SaeShape } from "./architecture.ts";
import type { SaeEngine, SaeInference } from "./engine.ts";
import type { InferenceForm } from "./inference-form.ts";
import type { Random } from "./random.ts";

/** Version of the backend contract that this package describes. */
export const backendSpecVersion = 1;

/** What a backend finds on this machine. */
export type BackendProbe =
  | {
      readonly available: true;
      /** same seed, same bytes on this backend */
      readonly deterministic: boolean;
      /** one line: device, threads, instruction set */
      readonly device: string;
      /** library versions by package name */
      readonly versions: Readonly<Record<string, string>>;
      /** expected speed relative to `tfjs-cpu` on this machine; `auto` takes the highest */
      readonly speed: number;
    }
  | {
      readonly available: false;
      /** the one reason */
      readonly reason: string;
      /** the one next step */
      readonly nextStep: string;
    };

/** What {@link Backend.createEngine} needs. */
export interface EngineOptions<T> extends SaeShape {
  readonly architecture: Architecture<T>;
  /** drawn from for the initial parameters only */
  readonly random: Random;
  readonly sample: ActivationSample;
  /**
   * `auto`, the default: an engine may compute in lower precision where the result is proven to be that of float32; `fp32`: it
   * does not. Engines that know no such way ignore it.
   */
  readonly precision?: "auto" | "fp32";
}

/**
 * Makes engines on one kind of device: a frozen value. Creating it loads nothing; `probe`, `createEngine` and
 * `openInference` load what they need on first use.
 */
export interface Backend<T> {
  readonly specVersion: typeof backendSpecVersion;
  /** `tfjs-cpu`, `tfjs-wasm`, `native`, … */
  readonly name: string;
  readonly description: string;
  /** never throws: what is missing is an answer */
  probe(): Promise<BackendProbe>;
  /** why an architecture cannot run here, or nothing if it can */
  unsupported(architecture: Architecture<T>): string | undefined;
  createEngine(options: EngineOptions<T>): Promise<SaeEngine>;
  /** an engine that only encodes and decodes; throws `unsupported-activation` for a `custom` rule without its architecture */
  openInference(form: InferenceForm): Promise<SaeInference>;
}

import type { InferenceForm, NamedArray } from "./inference-form.ts";
import type { JsonObject } from "./json.ts";
import type { SparseLatents } from "./sparse-latents.ts";

/** What the trainer sets anew for each step. */
export interface StepControls {
  /** learning rate of this step */
  readonly lr: number;
  /** the scalars that the architecture declares in `controls`: `sparsityCoefficient`, `k`, … */
  readonly scalars: Readonly<Record<string, number>>;
  /** largest global gradient norm over stored parameters, taken after the constraint's projection; absent = no clipping */
  readonly clipNorm?: number;
  /** pull of a second objective on the decoder rows */
  readonly rowPenalty?: RowPenalty;
  /** read statistics back; costs one round trip to the device */
  readonly wantStats: boolean;
}

/**
 * Adds `weight · mean_i exp(−‖decoder_i − target_i‖² / width)` to the loss, gradient to the decoder rows only.
 *
 * @source Levinson 2026 (MetaSAE), decomposability penalty; `width` is σ² there, `weight` λ₂
 */
export interface RowPenalty {
  /** [dSae, dIn]; no gradient flows into it */
  readonly target: Float32Array;
  readonly weight: number;
  readonly width: number;
}

/** What a step reports when asked. Values are of the batch *before* the update. */
export interface StepStats {
  /** sum of the terms: what the gradient was taken of */
  readonly loss: number;
  /** the loss by term, weights included: `reconstruction`, `sparsity`, `auxk`, … */
  readonly terms: Readonly<Record<string, number>>;
  /** global norm over stored parameters after projection, before clipping */
  readonly gradientNorm: number;
  /** what the architecture declares in `statistics`: `l0`, `deadLatents`, … */
  readonly statistics: Readonly<Record<string, number>>;
}

/**
 * Everything that decides an engine's future, exactly: a state imported into a new engine of the same architecture
 * continues with the same bytes.
 */
export interface EngineState {
  readonly architecture: { readonly name: string; readonly config: JsonObject };
  readonly dIn: number;
  readonly dSae: number;
  /** optimizer steps taken */
  readonly nSteps: number;
  /** `parameter/…`, `optimizer/…`, `buffer/…` */
  readonly arrays: Readonly<Record<string, NamedArray>>;
}

/** The part of an engine that a trained SAE needs. Batches and results are `[nRows, width]`, row-major, plain arrays. */
export interface SaeInference {
  readonly dIn: number;
  readonly dSae: number;
  /** latents of `batch` `[B, dIn]` by the inference rule */
  encode(batch: Float32Array): Promise<SparseLatents>;
  /** reconstruction `[B, dIn]` */
  decode(latents: SparseLatents): Promise<Float32Array>;
  /** frees what the engine holds; it may not be used afterwards, calling it twice is harmless */
  dispose(): void;
}

/** Trains one SAE. The only thing the trainer and the metrics talk to. */
export interface SaeEngine extends SaeInference {
  /**
   * One forward, backward and update on `batch` `[B, dIn]`, any B ≥ 1.
   *
   * @returns statistics when `controls.wantStats`, else nothing
   * @throws PlumblineError `shape-mismatch` where the batch is no multiple of dIn, `unknown-control` and `missing-control` for
   *   scalars that do not fit what the architecture declares
   */
  step(batch: Float32Array, controls: StepControls): Promise<StepStats | undefined>;
  /** the effective SAE at this moment, in the units that it was trained in */
  inference(): Promise<InferenceForm>;
  /** a copy of the stored decoder rows [dSae, dIn], which a {@link RowPenalty} is taken of; effective ones may be folded */
  decoderRows(): Promise<Float32Array>;
  exportState(): Promise<EngineState>;
  /** @throws PlumblineError `state-mismatch` where architecture, configuration or shapes differ */
  importState(state: EngineState): Promise<void>;
}

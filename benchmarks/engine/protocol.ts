// What goes between the driver and the workers, ours and PyTorch's alike: one JSON object per line, one answer per line.

/** Sizes of a training step. */
export interface Sizes {
  readonly batchSize: number;
  readonly dIn: number;
  readonly dSae: number;
  readonly k: number;
}

/** What every worker's `init` takes beside the engine. */
export interface CommonSettings extends Sizes {
  readonly threads: number;
  readonly seed: number;
  /** file of raw float32 rows, [nBatches · batchSize, dIn], read one batch at a time and from the start again */
  readonly batches: string;
  readonly lr: number;
  /** weights of the penalties of ReLU and of JumpReLU */
  readonly l1: number;
  readonly l0: number;
  /** every encoder bias at the start, where the architecture is ReLU */
  readonly encoderBias: number;
  /** every threshold at the start, and the width of its kernel, where the architecture is JumpReLU */
  readonly threshold: number;
  readonly bandwidth: number;
}

/** Milliseconds of each step or encoding that was asked for; CPU time is that of all threads together. */
export interface Times {
  readonly wallMs: readonly number[];
  readonly cpuMs: readonly number[];
}

/** Resident memory of a worker; the baseline was read when everything was loaded and nothing trained. */
export interface Memory {
  readonly peakBytes: number;
  readonly currentBytes: number;
  readonly baselineBytes: number;
}

/** What a worker is asked to do in its turn. */
export type Work = { readonly op: "step"; readonly clip: boolean } | { readonly op: "encode" };

/** What our worker answers to `stats`: one more step, outside of the clock, and what the engine says of it. */
export interface Stats {
  readonly loss: number;
  readonly statistics: Readonly<Record<string, number>>;
}

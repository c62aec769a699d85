/** Version of the activation-source contract that this package describes. */
export const activationSourceSpecVersion = 1;

/** Some consecutive rows of activations, with what is known of each row. */
export interface ActivationChunk {
  readonly nRows: number;
  /** [nRows, dIn], row-major, finite */
  readonly rows: Float32Array;
  /** [nRows] token that each row belongs to */
  readonly tokenIds?: Int32Array;
  /** [nRows] position of the token in its sequence, from 0 */
  readonly positions?: Int32Array;
}

/**
 * Where activations come from: a model that runs, or a file. A plain value; reading it twice gives the same rows in the
 * same order.
 */
export interface ActivationSource {
  readonly specVersion: typeof activationSourceSpecVersion;
  readonly name: string;
  readonly dIn: number;
  /** where in the model, as `blocks.0.hook_resid_post`; absent for plain tensors of unknown origin */
  readonly hookPoint?: string;
  /** rows in all, where that is known beforehand */
  readonly nRows?: number;
  /** chunks of any size ≥ 1, in order */
  chunks(options?: { readonly signal?: AbortSignal }): AsyncIterable<ActivationChunk>;
  /** what the rows were made from, for the reader: model, text, tokenizer; goes into the store's manifest */
  readonly provenance?: Readonly<Record<string, string | number | boolean>>;
}

/** Some consecutive tokens of a pass over a model, with their activations at each of its hook points. */
export interface PassChunk {
  /** tokens in the chunk */
  readonly nRows: number;
  /** of each hook point, in their order: [nRows, dIn], row-major, finite */
  readonly rows: readonly Float32Array[];
  /** [nRows] token that each row belongs to */
  readonly tokenIds?: Int32Array;
  /** [nRows] position of the token in its sequence, from 0 */
  readonly positions?: Int32Array;
}

/** How an {@link ActivationPass} is read. */
export interface PassReading {
  readonly signal?: AbortSignal;
  /**
   * first row wanted, 0 by default. Rows before it are left out; those after it are the same, bit for bit, as those of a
   * reading from the start. A pass does without the work for rows that are not wanted as far as it can.
   */
  readonly startRow?: number;
}

/**
 * Activations at one or several hook points from one pass over a model: the same tokens at each. A plain value; reading it
 * twice gives the same rows in the same order, from whichever row one starts.
 */
export interface ActivationPass {
  readonly specVersion: typeof activationSourceSpecVersion;
  readonly name: string;
  /** at least one, no name twice */
  readonly hooks: readonly PassHook[];
  /** rows in all, where that is known beforehand */
  readonly nRows?: number;
  /** chunks of any size ≥ 1, in order */
  chunks(options?: PassReading): AsyncIterable<PassChunk>;
  /** counts rows without computing activations, where the pass can; reads all that they are made from */
  countRows?(options?: { readonly signal?: AbortSignal }): Promise<number>;
  /** what the rows were made from, for the reader: model, text, tokenizer; goes into the store's manifest */
  readonly provenance?: Readonly<Record<string, string | number | boolean>>;
}

/** A place in a model that a pass reads. */
export interface PassHook {
  /** as `blocks.0.hook_resid_post`; absent for the one hook of plain tensors of unknown origin */
  readonly hookPoint?: string;
  readonly dIn: number;
}

/** Statistics of a set of activations over all its rows, accumulated in float64. */
export interface ActivationStatistics {
  readonly nRows: number;
  /** [dIn] */
  readonly mean: Float32Array;
  /** mean of ‖x‖² over rows */
  readonly meanSquaredNorm: number;
}

/**
 * Batches for training: an endless stream that is a pure function of its seed. Step `s` always yields the same batch, so a
 * resumed run continues where the stopped one was.
 */
export interface BatchSource {
  readonly dIn: number;
  /** rows in one epoch */
  readonly nRows: number;
  readonly statistics: ActivationStatistics;
  /**
   * Batches `[batchSize, dIn]` from step `startStep` on; every row once an epoch, batches run across the end of an epoch.
   * The caller may keep a batch only until it asks for the next.
   */
  batches(options: { readonly batchSize: number; readonly startStep: number }): AsyncIterable<Float32Array>;
}

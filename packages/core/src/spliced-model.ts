/** Activations of consecutive whole sequences at the hook point. */
export interface HookBatch {
  /** [nPositions, dIn], sequence after sequence, without padding; to be read, not written */
  readonly activations: Float32Array;
  /** place of the first of these sequences among those of the run */
  readonly firstSequence: number;
  readonly nSequences: number;
}

/** Gives activations of the same shape that the model goes on with. */
export type ReplaceActivations = (batch: HookBatch) => Promise<Float32Array> | Float32Array;

/**
 * A language model that can be run with the activations at one hook point kept or replaced: what the effect of an SAE on
 * its model is measured on. Implemented by whatever runs the model; metrics know nothing else of it.
 */
export interface SplicedModel {
  /** where the activations are, as `blocks.8.hook_resid_pre` */
  readonly hookPoint: string;
  /** width of the activations there */
  readonly dIn: number;
  readonly nVocabulary: number;
  /**
   * Runs sequences of token ids, each on its own from position 0, and yields for each, in order, its logits
   * `[length of the sequence, nVocabulary]`: row t is the prediction of the token after position t. A yielded array must
   * stay as it is until the next one of the same run is asked for.
   *
   * Work is done when results are asked for. Several runs over the same sequences are open at a time, but only one is
   * asked at a time, so one session of a runtime is enough. How many sequences go through the model at once, and with
   * what padding, is the model's business, as long as it does not show in the numbers.
   *
   * @param options `replace`: is given the activations of every sequence once, before its logits are yielded; left out,
   *   the model runs as it is
   */
  run(
    sequences: readonly Int32Array[],
    options?: { readonly replace?: ReplaceActivations; readonly signal?: AbortSignal },
  ): AsyncIterable<Float32Array>;
}

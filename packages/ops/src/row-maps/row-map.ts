import type { Tensor2D } from "@tensorflow/tfjs-core";

/** Version of the row-map contract. */
export const rowMapSpecVersion = 1;

/**
 * A reparameterization of encoder rows by decoder rows: `encoder = map(free, decoder)`, row by row. A plain frozen value.
 *
 * The decoder's rows have norm 1 whenever a map sees them.
 */
export interface RowMap {
  readonly specVersion: typeof rowMapSpecVersion;
  /** kebab-case */
  readonly name: string;
  /** one line for lists and docs */
  readonly description: string;
  /** whether ⟨encoder_i, decoder_i⟩ = 1 holds for every value of the free rows */
  readonly aligned: boolean;
  /** free rows to start from, given unit decoder rows `[F, D]` in plain arrays; absent where the map has no free rows */
  readonly initialFree?: (decoder: Float32Array) => Float32Array;
  /** effective encoder rows `[F, D]`; gradients flow to both arguments. `free_FD` is absent where the map has none */
  encoder(free_FD: Tensor2D | undefined, decoder_FD: Tensor2D): Tensor2D;
  /** called after each update, with the new unit decoder rows: free rows put back where they belong */
  readonly afterStep?: (free_FD: Tensor2D, decoder_FD: Tensor2D) => Tensor2D;
}

import { createMaxima, eachBand } from "../values/bands.ts";
import { type RowProducts, rowProducts } from "../values/row-products.ts";
import { unitRows } from "../values/unit-rows.ts";
import type { Directions } from "./directions.ts";

/** How products of rows are computed: `rowProducts` if left out. */
export interface ProductsOption {
  readonly products?: RowProducts;
}

/**
 * Largest cosine of each row to any other row. Near 1 where a direction is there twice.
 *
 * @param rows `[n, width]`
 * @returns [n]; a row of zeros has cosine 0 to all others; −∞ where there is no other row
 * @source max_decoder_cosine_sim and max_encoder_cosine_sim of SAEBench
 * @example
 * import { nearestCosines } from "@plumbline/metrics";
 *
 * console.log(nearestCosines(Float32Array.of(1, 0, 0, 2, 3, 0), 2)); // Float32Array(3) [ 1, 0, 1 ]
 */
export function nearestCosines(
  rows: Float32Array,
  width: number,
  { products = rowProducts }: ProductsOption = {},
): Float32Array {
  const unit = unitRows(rows, width);
  const n = rows.length / width;
  const maxima = createMaxima(n, n, { skipSelf: true });
  eachBand({ a: unit, b: unit, width, products }, maxima.add);
  return maxima.rowMaxima;
}

/**
 * Leakage of each latent: the largest |⟨encoder_i, decoder_j⟩| over other latents j, with decoder rows of norm 1 and their norms
 * moved to the encoder rows. It is what latent i answers at most to another latent's direction; with alignment scores of
 * 1 and no leakage, coefficients come back exactly.
 *
 * @returns [dSae]; −∞ where there is no other latent
 * @example
 * import { leakage } from "@plumbline/metrics";
 *
 * const form = { dIn: 2, dSae: 2, encoder: Float32Array.of(1, -0.25, 0, 1), decoder: Float32Array.of(1, 0, 0, 2) };
 * console.log(leakage(form)); // Float32Array(2) [ 0.25, 0 ]
 */
export function leakage(form: Directions, { products = rowProducts }: ProductsOption = {}): Float32Array {
  const { dIn, dSae, encoder, decoder } = form;
  const folded = encoder.slice();
  for (let latent = 0; latent < dSae; latent++) {
    let square = 0;
    for (let i = latent * dIn; i < (latent + 1) * dIn; i++) square += (decoder[i] ?? 0) ** 2;
    const norm = Math.sqrt(square);
    for (let i = latent * dIn; i < (latent + 1) * dIn; i++) folded[i] = (folded[i] ?? 0) * norm;
  }
  const largest = createMaxima(dSae, dSae, { skipSelf: true });
  eachBand({ a: folded, b: unitRows(decoder, dIn), width: dIn, products }, (band, firstRow) => {
    for (let at = 0; at < band.length; at++) band[at] = Math.abs(band[at] as number);
    largest.add(band, firstRow);
  });
  return largest.rowMaxima;
}

import { type InferenceForm, PlumblineError } from "@plumbline/core";

/** The part of an SAE that direction statistics read. */
export type Directions = Pick<InferenceForm, "dIn" | "dSae" | "encoder" | "decoder">;

/** One number for each latent, from its encoder row and its decoder row. */
export interface DirectionStatistics {
  /** [dSae] ⟨encoder, decoder direction⟩ */
  readonly alignmentScores: Float32Array;
  /** [dSae] cosine of the two rows; NaN where a row is 0 and has no direction */
  readonly cosines: Float32Array;
  /** [dSae] */
  readonly encoderNorms: Float32Array;
  /** [dSae] */
  readonly decoderNorms: Float32Array;
}

/**
 * Alignment score, cosine and norms of every latent's encoder and decoder row; products are summed in float64.
 *
 * @param form rows `[dSae, dIn]`, as in an inference form
 * @throws PlumblineError `shape-mismatch`
 * @source score: Brzozowski & Chung, arXiv 2605.18629; it is the inner product, not the cosine
 */
export function directionStatistics(form: Directions): DirectionStatistics {
  const { dIn, dSae, encoder, decoder } = form;
  if (encoder.length !== dIn * dSae || decoder.length !== dIn * dSae) {
    throw new PlumblineError({
      code: "shape-mismatch",
      kind: "usage",
      message: `[metrics] directionStatistics(): expected encoder and decoder of ${dSae} × ${dIn} values, got ${encoder.length} and ${decoder.length}`,
    });
  }
  const alignmentScores = new Float32Array(dSae);
  const cosines = new Float32Array(dSae);
  const encoderNorms = new Float32Array(dSae);
  const decoderNorms = new Float32Array(dSae);
  for (let latent = 0; latent < dSae; latent++) {
    let ee = 0;
    let dd = 0;
    let ed = 0;
    for (let i = latent * dIn; i < (latent + 1) * dIn; i++) {
      const e = encoder[i] ?? 0;
      const d = decoder[i] ?? 0;
      ee += e * e;
      dd += d * d;
      ed += e * d;
    }
    alignmentScores[latent] = ed;
    cosines[latent] = ee === 0 || dd === 0 ? Number.NaN : ed / (Math.sqrt(ee) * Math.sqrt(dd));
    encoderNorms[latent] = Math.sqrt(ee);
    decoderNorms[latent] = Math.sqrt(dd);
  }
  return { alignmentScores, cosines, encoderNorms, decoderNorms };
}

/**
 * The alignment score ⟨encoder_i, decoder_i⟩ of every latent: what latent i answers to its own decoder direction. 1 means
 * that a lone latent comes back as it went in, less is shrinkage, more is overshoot.
 *
 * It does not change when a factor moves between the two rows of a latent, nor when an input scale is folded in; the cosine
 * and the norms are other numbers, see {@link directionStatistics}.
 *
 * @param form rows `[dSae, dIn]`, as in an inference form
 * @returns [dSae], summed in float64
 * @throws PlumblineError `shape-mismatch`
 * @source Brzozowski & Chung, arXiv 2605.18629
 * @example
 * import { alignmentScores } from "@plumbline/metrics";
 *
 * const rows = { dIn: 2, dSae: 1, encoder: Float32Array.of(2, 5), decoder: Float32Array.of(0.5, 0) };
 * console.log(alignmentScores(rows)); // Float32Array(1) [ 1 ]
 */
export function alignmentScores(form: Directions): Float32Array {
  return directionStatistics(form).alignmentScores;
}

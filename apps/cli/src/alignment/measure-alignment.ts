import type { InferenceForm } from "@plumbline/core";
import {
  type AlignmentSummary,
  type Bimodality,
  bimodalityOf,
  type Distribution,
  directionStatistics,
  distributionOf,
  leakage,
  nearestCosines,
  type RowProducts,
  summarizeAlignment,
} from "@plumbline/metrics";

/** Everything about the directions of one set of latents. */
export interface AlignmentReport {
  readonly score: AlignmentSummary;
  /** of the scores */
  readonly modes: Bimodality;
  /** of encoder and decoder row */
  readonly cosine: Distribution;
  readonly cosineModes: Bimodality;
  readonly encoderNorm: Distribution;
  readonly decoderNorm: Distribution;
  readonly leakage: Distribution;
  readonly nearestDecoderCosine: Distribution;
  readonly nearestEncoderCosine: Distribution;
}

/** What float32 makes of scores that are all 1. */
const resolution = 1e-5;

/**
 * Reports over all latents and, where firings are known, over those that fired.
 *
 * @param firings [dSae]
 */
export function measureAlignment(
  form: InferenceForm,
  options: { readonly firings?: Float64Array; readonly products: RowProducts; readonly seed: number },
): { readonly all: AlignmentReport; readonly alive?: AlignmentReport } {
  const { firings, products, seed } = options;
  const rows = directionStatistics(form);
  const leaks = leakage(form, { products });
  const nearestDecoder = nearestCosines(form.decoder, form.dIn, { products });
  const nearestEncoder = nearestCosines(form.encoder, form.dIn, { products });
  const report = (isIn: (latent: number) => boolean): AlignmentReport => {
    const pick = (values: Float32Array): Float32Array => values.filter((_, latent) => isIn(latent));
    const over = (values: Float32Array): Distribution =>
      distributionOf(pick(values), { reason: "no latents" });
    const scores = pick(rows.alignmentScores);
    return {
      score: summarizeAlignment(scores).all,
      modes: bimodalityOf(scores, { seed, resolution }),
      cosine: over(rows.cosines),
      cosineModes: bimodalityOf(pick(rows.cosines).filter(Number.isFinite), { seed, resolution }),
      encoderNorm: over(rows.encoderNorms),
      decoderNorm: over(rows.decoderNorms),
      leakage: over(leaks),
      nearestDecoderCosine: over(nearestDecoder),
      nearestEncoderCosine: over(nearestEncoder),
    };
  };
  const all = report(() => true);
  return firings === undefined ? { all } : { all, alive: report((latent) => (firings[latent] ?? 0) > 0) };
}

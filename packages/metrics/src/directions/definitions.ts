import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics about directions of rows. */
export type DirectionMetricName = "alignmentScore" | "encoderDecoderCosine" | "leakage" | "nearestCosine";

export const directionDefinitions: Definitions<DirectionMetricName> = defineMetrics({
  alignmentScore: {
    id: "alignment-score",
    unit: "ratio; 1 is a lone latent that comes back as it went in",
    formula: "⟨encoder row, decoder row⟩, not divided by norms",
    source: "Brzozowski & Chung, arXiv 2605.18629",
  },
  encoderDecoderCosine: {
    id: "encoder-decoder-cosine",
    unit: "−1..1",
    formula:
      "⟨encoder row, decoder row⟩ / (‖encoder row‖ ‖decoder row‖) over latents with both norms above 0",
    source: "encoder_decoder_cosine_sim of SAEBench",
  },
  leakage: {
    id: "leakage.max-other",
    unit: "ratio; 0 is a latent that answers to its own direction only",
    formula:
      "largest |⟨encoder row, decoder row of another latent⟩|, with decoder rows of norm 1 and their norms in the encoder rows",
    source: "ours",
  },
  nearestCosine: {
    id: "nearest-cosine",
    unit: "−1..1",
    formula:
      "largest signed cosine of a row to another row of the same SAE, for decoder rows and for encoder rows",
    source: "max_decoder_cosine_sim and max_encoder_cosine_sim of SAEBench",
  },
});

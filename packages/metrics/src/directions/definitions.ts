import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics about directions of rows. */
export type DirectionMetricName = "alignmentScore" | "encoderDecoderCosine";

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
});

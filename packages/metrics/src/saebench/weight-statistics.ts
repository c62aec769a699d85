import type { InferenceForm } from "@plumbline/core";
import { directionStatistics } from "../directions/directions.ts";
import { nearestCosines, type ProductsOption } from "../directions/neighbours.ts";

/** Numbers for each latent from the weights, as SAEBench's core evaluation has them. */
export interface SaeBenchWeightStatistics {
  /** [dSae] */
  readonly encoderBias: Float32Array;
  /** [dSae] norm of the encoder row */
  readonly encoderNorm: Float32Array;
  /** [dSae] cosine of encoder and decoder row; NaN where a row is 0 */
  readonly encoderDecoderCosine: Float32Array;
  /** [dSae] largest cosine of a latent's encoder row to another latent's, signed; a row of zeros has cosine 0 to all */
  readonly maxEncoderCosine: Float32Array;
  /** [dSae] the same of decoder rows */
  readonly maxDecoderCosine: Float32Array;
}

/**
 * Biases, norms and cosines of every latent's weights for {@link saeBenchCoreResult}. Every encoder row is compared with
 * every other, and so is every decoder row: time grows with dSae² · dIn.
 *
 * @param form weights; the bias is `encoderBias`, 0 where an SAE has none
 * @param options `products`: another way to multiply rows with rows, such as a native one
 * @throws PlumblineError `shape-mismatch`
 * @source SAEBench 0.6.0, `get_featurewise_weight_based_metrics`; agrees in `fixtures/golden-metrics` to 1e-6
 * @example
 * import { saeBenchWeightStatistics } from "@plumbline/metrics";
 *
 * const weights = {
 *   dIn: 2,
 *   dSae: 2,
 *   encoder: Float32Array.of(2, 0, 3, 4),
 *   encoderBias: Float32Array.of(0, 1),
 *   decoder: Float32Array.of(1, 0, 0, 1),
 * };
 * const { encoderNorm, maxDecoderCosine } = saeBenchWeightStatistics(weights);
 * console.log(encoderNorm, maxDecoderCosine); // Float32Array(2) [ 2, 5 ] Float32Array(2) [ 0, 0 ]
 */
export function saeBenchWeightStatistics(
  form: Pick<InferenceForm, "dIn" | "dSae" | "encoder" | "encoderBias" | "decoder">,
  options: ProductsOption = {},
): SaeBenchWeightStatistics {
  const { cosines, encoderNorms } = directionStatistics(form);
  return {
    encoderBias: form.encoderBias,
    encoderNorm: encoderNorms,
    encoderDecoderCosine: cosines,
    maxEncoderCosine: nearestCosines(form.encoder, form.dIn, options),
    maxDecoderCosine: nearestCosines(form.decoder, form.dIn, options),
  };
}

import { type InferenceForm, PlumblineError, type SaeInference, type SparseLatents } from "@plumbline/core";
import { type AlignmentResult, summarizeAlignment } from "../directions/alignment.ts";
import { directionDefinitions } from "../directions/definitions.ts";
import { directionStatistics } from "../directions/directions.ts";
import { type ReconstructionMetricName, reconstructionDefinitions } from "../reconstruction/definitions.ts";
import { createReconstructionMetrics, type ReconstructionResult } from "../reconstruction/reconstruction.ts";
import { type SparsityMetricName, sparsityDefinitions } from "../sparsity/definitions.ts";
import { createSparsityMetrics, type SparsityResult } from "../sparsity/sparsity.ts";
import { countRows } from "../values/check-rows.ts";
import type { Definitions } from "../values/define-metrics.ts";
import { type Distribution, distributionOf } from "../values/distribution.ts";

/** What `evaluateSae` needs. */
export interface EvaluateOptions {
  readonly inference: SaeInference;
  /** the weights, for alignment scores, cosines and norms; left out, the result has no `directions` */
  readonly form?: InferenceForm;
  /** activations `[B, dIn]` with any B, in the units that the SAE takes; a batch is not kept */
  readonly batches: AsyncIterable<Float32Array>;
  readonly dIn: number;
  /** tokens of silence after which a latent counts as dead; absent = all tokens evaluated */
  readonly deadAfterTokens?: number;
  /** further metrics of the caller's own; called with every batch before it is gone, and awaited */
  readonly observe?: (batch: EvaluatedBatch) => void | Promise<void>;
  readonly onProgress?: (progress: { readonly nTokens: number }) => void;
  readonly signal?: AbortSignal;
}

/** A batch with what the SAE made of it. */
export interface EvaluatedBatch {
  /** [B, dIn] */
  readonly x: Float32Array;
  readonly latents: SparseLatents;
  /** [B, dIn] */
  readonly xHat: Float32Array;
}

/** What the weights say, over latents. */
export interface DirectionsResult {
  readonly alignment: AlignmentResult;
  /** of encoder and decoder row, over latents where both are not 0 */
  readonly cosine: Distribution;
  readonly encoderNorm: Distribution;
  readonly decoderNorm: Distribution;
}

/** Everything measured of one SAE: plain data that survives a round trip through JSON. */
export interface EvaluationResult {
  readonly version: 1;
  readonly nTokens: number;
  readonly dIn: number;
  readonly dSae: number;
  readonly reconstruction: ReconstructionResult;
  readonly sparsity: SparsityResult;
  readonly directions?: DirectionsResult;
  readonly perLatent: {
    /** [dSae] tokens on which each latent fired; divided by nTokens it is the density */
    readonly firings: readonly number[];
    /** [dSae]; null where a score is not finite, which JSON cannot say */
    readonly alignmentScores?: readonly (number | null)[];
  };
  /** what the names mean */
  readonly definitions: Definitions<EvaluatedMetricName>;
}

/** Names of what is measured here. */
export type EvaluatedMetricName =
  | ReconstructionMetricName
  | SparsityMetricName
  | "alignmentScore"
  | "encoderDecoderCosine";

const { alignmentScore, encoderDecoderCosine } = directionDefinitions;
const evaluatedDefinitions: Definitions<EvaluatedMetricName> = Object.freeze({
  ...reconstructionDefinitions,
  ...sparsityDefinitions,
  alignmentScore,
  encoderDecoderCosine,
});

function checkWidths({ inference, form, dIn }: EvaluateOptions): void {
  const problem =
    inference.dIn !== dIn
      ? `expected an SAE of dIn ${dIn}, got ${inference.dIn}`
      : form !== undefined && (form.dIn !== dIn || form.dSae !== inference.dSae)
        ? `expected a form of dIn ${dIn} and dSae ${inference.dSae}, got ${form.dIn} and ${form.dSae}`
        : undefined;
  if (problem === undefined) return;
  throw new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[metrics] evaluateSae(): ${problem}`,
    hint: "evaluate an SAE on activations of the width that it was trained on",
  });
}

function checkSignal(signal: AbortSignal | undefined, nTokens: number): void {
  if (signal?.aborted !== true) return;
  throw new PlumblineError({
    code: "aborted",
    kind: "interrupted",
    message: `[metrics] evaluateSae(): stopped by its signal after ${nTokens} tokens`,
    cause: signal.reason,
  });
}

function summarizeDirections(
  form: InferenceForm,
  densities: Float64Array | undefined,
): { directions: DirectionsResult; alignmentScores: (number | null)[] } {
  const { alignmentScores, cosines, encoderNorms, decoderNorms } = directionStatistics(form);
  const directions: DirectionsResult = {
    alignment: summarizeAlignment(alignmentScores, densities === undefined ? {} : { densities }),
    cosine: distributionOf(
      cosines.filter((_, latent) => encoderNorms[latent] !== 0 && decoderNorms[latent] !== 0),
      { reason: "no latent has both rows above 0" },
    ),
    encoderNorm: distributionOf(encoderNorms),
    decoderNorm: distributionOf(decoderNorms),
  };
  const perLatent = Array.from(alignmentScores, (score) => (Number.isFinite(score) ? score : null));
  return { directions, alignmentScores: perLatent };
}

/**
 * Measures an SAE on a stream of activations: reconstruction, sparsity and, given the weights, directions. One pass; memory
 * does not grow with the number of tokens.
 *
 * Hand over held-out activations. The result states its number of tokens, and the definition and version of every metric.
 * How tokens are grouped into batches does not change the metrics, as far as the inference engine treats tokens alike.
 *
 * @returns plain data; a number that is undefined on these tokens is `{ value: null, reason }`
 * @throws PlumblineError `shape-mismatch` where widths differ or a batch has a broken row; `aborted` on the signal; what the
 *   engine and the source throw
 * @example
 * import { evaluateSae } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const inference = {
 *   dIn: 1,
 *   dSae: 1,
 *   encode: async (batch) => sparseFromDense(batch.map((x) => Math.max(x, 0)), { nRows: batch.length, dSae: 1 }),
 *   decode: async (latents) => latents.values,
 *   dispose: () => {},
 * };
 * async function* batches() {
 *   yield Float32Array.of(1, 2);
 *   yield Float32Array.of(3);
 * }
 * const result = await evaluateSae({ inference, batches: batches(), dIn: 1 });
 * console.log(result.nTokens, result.reconstruction.explainedVariance); // 3 { value: 1 }
 */
export async function evaluateSae(options: EvaluateOptions): Promise<EvaluationResult> {
  const { inference, form, batches, dIn, deadAfterTokens, observe, onProgress, signal } = options;
  checkWidths(options);
  const { dSae } = inference;
  const reconstruction = createReconstructionMetrics({ dIn });
  const sparsity = createSparsityMetrics({
    dSae,
    ...(deadAfterTokens === undefined ? {} : { deadAfterTokens }),
  });
  checkSignal(signal, 0);
  for await (const x of batches) {
    const nRows = countRows({ length: x.length, width: dIn, from: "evaluateSae()", what: "a batch" });
    if (nRows === 0) continue;
    const latents = await inference.encode(x);
    const xHat = await inference.decode(latents);
    if (latents.nRows !== nRows) {
      throw new PlumblineError({
        code: "shape-mismatch",
        kind: "bug",
        message: `[metrics] evaluateSae(): expected latents of ${nRows} rows from encode(), got ${latents.nRows}`,
      });
    }
    sparsity.add(latents);
    reconstruction.add({ x, xHat });
    await observe?.({ x, latents, xHat });
    onProgress?.({ nTokens: sparsity.nTokens });
    checkSignal(signal, sparsity.nTokens);
  }
  const { nTokens } = sparsity;
  const weights =
    form === undefined
      ? undefined
      : summarizeDirections(form, nTokens === 0 ? undefined : sparsity.densities());
  return {
    version: 1,
    nTokens,
    dIn,
    dSae,
    reconstruction: reconstruction.result(),
    sparsity: sparsity.result(),
    ...(weights === undefined ? {} : { directions: weights.directions }),
    perLatent: {
      firings: [...sparsity.firings()],
      ...(weights === undefined ? {} : { alignmentScores: weights.alignmentScores }),
    },
    definitions: evaluatedDefinitions,
  };
}

import {
  type Backend,
  createRandom,
  type InferenceForm,
  PlumblineError,
  permutation,
  type SaeEngine,
  type SparseLatents,
} from "@plumbline/core";
import { createReconstructionMetrics, type MetricValue, meanRow, unitRows } from "@plumbline/metrics";
import type { Tensor } from "@tensorflow/tfjs-core";
import { type ExplainOptions, explainSettings } from "./explain-settings.ts";
import { explainedShares } from "./explained-shares.ts";

/** Decoder rows as sums of a few meta latents. */
export interface DecoderExplanation {
  /** the meta SAE, over rows of norm 1 */
  readonly form: InferenceForm;
  /** meta latents of each row, row = latent of the SAE */
  readonly latents: SparseLatents;
  /** of the rows about their mean */
  readonly explainedVariance: MetricValue;
  /** [dSae], how much of each row its meta latents explain; see `explainedShares` */
  readonly explainedShares: Float64Array;
  /** meta latents of a row, on average */
  readonly l0: number;
  /** meta latents that no row has */
  readonly nUnused: number;
}

/** Batches of rows without end: every row once in an epoch, in an order of its own. */
function* batchesOf(rows: Float32Array, dIn: number, options: { batchSize: number; seed: number }) {
  const n = rows.length / dIn;
  const random = createRandom(options.seed, "explain-decoder");
  for (let epoch = 0; ; epoch++) {
    const order = permutation(n, random.stream(`epoch-${epoch}`));
    for (let start = 0; start < n; start += options.batchSize) {
      const chosen = order.subarray(start, start + options.batchSize);
      const batch = new Float32Array(chosen.length * dIn);
      for (const [b, row] of chosen.entries()) batch.set(rows.subarray(row * dIn, (row + 1) * dIn), b * dIn);
      yield batch;
    }
  }
}

async function explained(engine: SaeEngine, rows: Float32Array): Promise<DecoderExplanation> {
  const { dIn } = engine;
  const latents = await engine.encode(rows);
  const rebuilt = await engine.decode(latents);
  const reconstruction = createReconstructionMetrics({ dIn });
  reconstruction.add({ x: rows, xHat: rebuilt });
  return {
    form: await engine.inference(),
    latents,
    explainedVariance: reconstruction.result().explainedVariance,
    explainedShares: explainedShares(rows, rebuilt, { dIn }),
    l0: latents.values.length / latents.nRows,
    nUnused: engine.dSae - new Set(latents.indices).size,
  };
}

/**
 * Explains a finished SAE: trains a meta SAE on its decoder rows, scaled to norm 1, and says of which meta latents each row is
 * made. The SAE itself does not change.
 *
 * @param form whose decoder rows are explained
 * @throws PlumblineError `bad-option`, `aborted` on the signal
 * @source Bussmann et al. 2024; Leask et al., arXiv 2502.04878: BatchTopK with k 4 and 2,304 meta latents for 49,152 latents, 2,000
 *   steps of 16,384 rows
 * @example
 * import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
 * import { explainDecoder } from "@plumbline/meta-sae";
 *
 * // Rows 2 and 3 are sums of rows 0 and 1.
 * const decoder = Float32Array.of(1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0);
 * const { latents } = await explainDecoder(tfjsCpuBackend, { dIn: 3, dSae: 4, decoder }, { dictionarySize: 2, k: 2, nSteps: 50 });
 * console.log(latents.nRows, latents.dSae); // 4 2
 */
export async function explainDecoder(
  backend: Backend<Tensor>,
  form: Pick<InferenceForm, "dIn" | "dSae" | "decoder">,
  options: ExplainOptions = {},
): Promise<DecoderExplanation> {
  const { scalars = {}, signal, onStep } = options;
  const { dIn, dSae } = form;
  const { architecture, dictionarySize, nSteps, batchSize, lr, seed } = explainSettings(options, dSae);
  const rows = unitRows(form.decoder, dIn);
  const sample = { rows, nRows: dSae, mean: Float32Array.from(meanRow(rows, dIn)) };
  const random = createRandom(seed, "meta-sae");
  const engine = await backend.createEngine({ architecture, dIn, dSae: dictionarySize, random, sample });
  try {
    let step = 0;
    for (const batch of batchesOf(rows, dIn, { batchSize, seed })) {
      if (step === nSteps) break;
      if (signal?.aborted) throw stopped(step, signal);
      await engine.step(batch, { lr, scalars, wantStats: false });
      step++;
      await onStep?.(step, nSteps);
    }
    return await explained(engine, rows);
  } finally {
    engine.dispose();
  }
}

function stopped(step: number, signal: AbortSignal): PlumblineError {
  return new PlumblineError({
    code: "aborted",
    kind: "interrupted",
    message: `[meta-sae] explainDecoder(): stopped by its signal after ${step} steps`,
    cause: signal.reason,
  });
}

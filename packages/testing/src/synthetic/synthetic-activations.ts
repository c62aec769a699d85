import { createRandom, fillNormal, type Random, type SparseLatents } from "@plumbline/core";
import { randomCorrelation } from "./correlation.ts";
import { normalizeRows, trueDirections } from "./directions.ts";
import { type FiringList, type LatentModel, latentDrawer } from "./draw-latents.ts";
import { firingProbabilities } from "./firing-probabilities.ts";
import { createHierarchy, drawProbabilities, parentOf } from "./hierarchy.ts";
import { checkSyntheticOptions, type SyntheticOptions } from "./synthetic-options.ts";

/** Activations with the true latents behind them. */
export interface SyntheticBatch {
  /** [B, dIn] */
  readonly rows: Float32Array;
  /** true latents; `dSae` is the number of true latents */
  readonly latents: SparseLatents;
}

/** An endless stream of activations whose sparse cause is known. */
export interface SyntheticActivations {
  readonly dIn: number;
  readonly nLatents: number;
  /** [nLatents, dIn] true unit directions */
  readonly directions: Float32Array;
  /** [dIn] in every activation */
  readonly bias: Float32Array;
  /** [nLatents] firing probability that the settings ask for */
  readonly probabilities: Float64Array;
  /** [nLatents] latent that each needs to fire; −1 for none */
  readonly parents: Int32Array;
  /** batch number `step`, from 0: the same for the same seed, step and size, whatever was drawn before */
  batch(options: { readonly step: number; readonly batchSize: number }): SyntheticBatch;
  /** batches from `startStep` on, without end; only one is held at a time */
  batches(options: {
    readonly batchSize: number;
    readonly startStep?: number;
  }): AsyncGenerator<SyntheticBatch, never, undefined>;
}

function latentModel(options: SyntheticOptions, wanted: Float64Array, root: Random): LatentModel {
  const { nLatents, meanAmplitude, amplitudeDeviation, correlation } = options;
  const hierarchy = createHierarchy(nLatents, options.hierarchy);
  const mutuallyExclusive = options.hierarchy?.mutuallyExclusive ?? false;
  const { first, last } = meanAmplitude ?? { first: 1, last: 1 };
  const spread = amplitudeDeviation ?? { mean: 0, deviation: 0 };
  const ofDeviations = root.stream("amplitude-deviations");
  return {
    nLatents,
    drawn:
      options.hierarchy?.compensate === true
        ? drawProbabilities(wanted, { hierarchy, mutuallyExclusive })
        : wanted,
    hierarchy,
    mutuallyExclusive,
    scaleChildrenByParent: options.hierarchy?.scaleChildrenByParent ?? false,
    correlation:
      correlation === undefined
        ? undefined
        : randomCorrelation(nLatents, { ...correlation, random: root.stream("correlation") }),
    amplitudeMeans: Float64Array.from(
      { length: nLatents },
      (_, i) => first + ((last - first) * i) / Math.max(1, nLatents - 1),
    ),
    amplitudeDeviations: Float64Array.from({ length: nLatents }, () =>
      Math.abs(spread.mean + spread.deviation * ofDeviations.normal()),
    ),
  };
}

function toSparse(tokens: readonly FiringList[], nLatents: number): SparseLatents {
  const rowStarts = new Uint32Array(tokens.length + 1);
  tokens.forEach(({ indices }, row) => {
    rowStarts[row + 1] = (rowStarts[row] ?? 0) + indices.length;
  });
  return {
    nRows: tokens.length,
    dSae: nLatents,
    rowStarts,
    indices: Uint32Array.from(tokens.flatMap(({ indices }) => indices)),
    values: Float32Array.from(tokens.flatMap(({ values }) => values)),
  };
}

/** Adds bias, latents times directions, and noise in float64; rounds once. */
function fillRow(
  out: Float32Array,
  token: FiringList,
  from: { directions: Float32Array; bias: Float32Array; noise: number; random: Random },
): void {
  const { directions, bias, noise, random } = from;
  const dIn = out.length;
  const sum = Float64Array.from(bias);
  token.indices.forEach((latent, j) => {
    // The value as the caller gets it, so that activations follow from latents and directions alone.
    const value = Math.fround(token.values[j] ?? 0);
    for (let d = 0; d < dIn; d++) sum[d] = (sum[d] ?? 0) + value * (directions[latent * dIn + d] ?? 0);
  });
  if (noise > 0) for (let d = 0; d < dIn; d++) sum[d] = (sum[d] ?? 0) + noise * random.normal();
  out.set(sum);
}

/**
 * Synthetic activations `x = bias + Σ_i a_i g_i + noise` over known unit directions g_i, with the traits that make real
 * ones hard: firing rates over a power law, trees of latents that fire only under their parent, correlated firing through
 * a low-rank Gaussian copula, and amplitudes max(normal, 0). More latents than dimensions are in superposition.
 *
 * Memory is the directions and one batch. Setting up takes nLatents · dIn normal numbers.
 *
 * @throws PlumblineError `bad-option`
 * @source Chanin et al., "SynthSAEBench", arXiv 2602.14687; formulas as in `sae_lens.synthetic`
 * @example
 * import { syntheticActivations } from "@plumbline/testing";
 *
 * const synthetic = syntheticActivations({
 *   nLatents: 40,
 *   dIn: 16,
 *   seed: 0,
 *   firing: { exponent: 0.5, largest: 0.4, smallest: 0.01 },
 *   hierarchy: { nRoots: 4, branching: 2, depth: 2 },
 * });
 * const { rows, latents } = synthetic.batch({ step: 0, batchSize: 100 });
 * console.log(rows.length, latents.nRows, latents.dSae, synthetic.parents[4]); // 1600 100 40 0
 */
export function syntheticActivations(options: SyntheticOptions): SyntheticActivations {
  checkSyntheticOptions(options);
  const { nLatents, dIn, seed, biasNorm = 0, noise = 0, orthogonalizationSteps = 0 } = options;
  const root = createRandom(seed, "synthetic-activations");
  const directions = trueDirections({
    nLatents,
    dIn,
    nSteps: orthogonalizationSteps,
    random: root.stream("directions"),
  });
  const unit = normalizeRows(fillNormal(new Float32Array(dIn), root.stream("bias")), dIn);
  const bias = unit.map((value) => biasNorm * value);
  const probabilities = firingProbabilities(nLatents, options.firing);
  const model = latentModel(options, probabilities, root);
  const drawLatents = latentDrawer(model);

  const batch = ({ step, batchSize }: { step: number; batchSize: number }): SyntheticBatch => {
    const random = root.stream(`batch-${step}`);
    const rows = new Float32Array(batchSize * dIn);
    const tokens: FiringList[] = [];
    for (let row = 0; row < batchSize; row++) {
      const token = drawLatents(random);
      fillRow(rows.subarray(row * dIn, (row + 1) * dIn), token, { directions, bias, noise, random });
      tokens.push(token);
    }
    return { rows, latents: toSparse(tokens, nLatents) };
  };

  return {
    dIn,
    nLatents,
    directions,
    bias,
    probabilities,
    parents: Int32Array.from({ length: nLatents }, (_, i) => parentOf(i, model.hierarchy)),
    batch,
    async *batches({ batchSize, startStep = 0 }) {
      for (let step = startStep; ; step++) yield batch({ step, batchSize });
    },
  };
}

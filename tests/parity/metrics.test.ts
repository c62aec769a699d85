import { sparseFromDense } from "@plumbline/core";
import {
  createPeerReconstructionMetrics,
  createPeerSparsityMetrics,
  createReconstructionMetrics,
  createSparsityMetrics,
  type MetricValue,
  type PeerReconstructionResult,
  type PeerSparsityResult,
  type SaeBenchCoreMetrics,
  saeBenchCoreResult,
  saeBenchFileName,
  saeBenchWeightStatistics,
} from "@plumbline/metrics";
import { expect, describe as suite, test } from "vitest";
import { type Precision, readRecordedMetrics, recordedBatches } from "./recorded-metrics.ts";

const recorded = readRecordedMetrics();
const { dIn, dSae } = recorded.shape;

/** Everything of ours over the recorded batches. */
function measure() {
  const reconstruction = createReconstructionMetrics({ dIn });
  const peerReconstruction = createPeerReconstructionMetrics({ dIn });
  const sparsity = createSparsityMetrics({ dSae });
  const peerSparsity = createPeerSparsityMetrics({ dSae });
  for (const { x, xHat, latents: dense, prompts } of recordedBatches(recorded)) {
    const latents = sparseFromDense(dense, { nRows: prompts.length, dSae });
    reconstruction.add({ x, xHat });
    peerReconstruction.add({ x, xHat });
    sparsity.add(latents);
    peerSparsity.add({ latents, x, prompts });
  }
  return {
    reconstruction: reconstruction.result(),
    peerReconstruction: peerReconstruction.result(),
    sparsity: sparsity.result(),
    peerSparsity: peerSparsity.result(),
  };
}

const ours = measure();
const peers: PeerReconstructionResult & PeerSparsityResult = {
  ...ours.peerReconstruction,
  ...ours.peerSparsity,
};

/**
 * Relative. The libraries' float64 runs sum the same float32 numbers in another order: 2e-15 was measured, 1e-12 leaves room for
 * some thousand roundings. Their float32 runs round every term and sum; 8e-7 was measured, where a small number is a
 * difference of two large ones.
 */
const tolerances: Readonly<Record<Precision, number>> = { float64: 1e-12, float32: 1e-6 };
/** What stays float32 in the libraries whatever they are given: counts and shares. */
const ofFloat32 = 1e-6;

function difference(value: MetricValue | number | null, expected: number): number {
  const number = value === null || typeof value === "number" ? value : value.value;
  return number === null
    ? Number.POSITIVE_INFINITY
    : Math.abs(number - expected) / Math.max(Math.abs(expected), 1e-3);
}

function expectClose(
  pairs: readonly (readonly [name: string, ours: MetricValue, theirs: number | undefined])[],
  tolerance: number,
): void {
  for (const [name, value, theirs] of pairs) {
    expect(difference(value, theirs ?? Number.NaN), name).toBeLessThan(tolerance);
  }
}

const meanOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

for (const precision of ["float64", "float32"] as const) {
  const tolerance = tolerances[precision];

  suite(`metrics of the reference libraries in ${precision}`, () => {
    test("dictionary_learning's evaluate()", () => {
      const theirs = recorded.dictionaryLearning[precision];
      expectClose(
        [
          [
            "frac_variance_explained",
            peers.explainedVarianceDictionaryLearning,
            theirs.frac_variance_explained,
          ],
          ["l2_loss", peers.errorNormDictionaryLearning, theirs.l2_loss],
          ["l1_loss", peers.l1DictionaryLearning, theirs.l1_loss],
          ["cossim", peers.cosineDictionaryLearning, theirs.cossim],
          ["l2_ratio", peers.l2RatioDictionaryLearning, theirs.l2_ratio],
          ["bias", peers.relativeReconstructionBiasPerBatch, theirs.relative_reconstruction_bias],
        ],
        tolerance,
      );
      expectClose([["frac_alive", peers.fracAliveDictionaryLearning, theirs.frac_alive]], ofFloat32);
    });

    test("SAELens' get_sparsity_and_variance_metrics()", () => {
      const { scalars, latents } = recorded.saeLens[precision];
      expectClose(
        [
          ["explained_variance", peers.explainedVarianceSaeLens618, scalars.explained_variance],
          ["explained_variance_legacy", peers.explainedVarianceLegacy, scalars.explained_variance_legacy],
          ["mse", peers.squaredErrorSaeLens618, scalars.mse],
          ["cossim", peers.cosineSaeLens, scalars.cossim],
          ["l2_norm_in", ours.reconstruction.inputNorm, scalars.l2_norm_in],
          ["l2_norm_out", ours.reconstruction.outputNorm, scalars.l2_norm_out],
          ["l2_ratio", peers.l2RatioSaeLens, scalars.l2_ratio],
          ["bias", peers.relativeReconstructionBiasPerBatch, scalars.relative_reconstruction_bias],
          ["l1", peers.l1SaeLens, scalars.l1],
        ],
        tolerance,
      );
      expectClose([["l0", peers.l0SaeLens, scalars.l0]], ofFloat32);
      const density = latents.feature_density ?? [];
      const heuristic = latents.consistent_activation_heuristic ?? [];
      expect([density.length, heuristic.length]).toEqual([dSae, dSae]);
      peers.featureDensities.forEach((value, i) => {
        expect(difference(value, density[i] ?? Number.NaN), `density ${i}`).toBeLessThan(ofFloat32);
      });
      // null is NaN there: a latent that never fired.
      expect(heuristic.filter((value) => value === null)).toHaveLength(1);
      peers.consistentActivationHeuristics.forEach(({ value }, i) => {
        const theirs = heuristic[i] ?? null;
        if (theirs === null) expect(value).toBeNull();
        else expect(difference(value, theirs), `heuristic ${i}`).toBeLessThan(ofFloat32);
      });
    });

    test("the explained variance that SAELens logs while it trains", () => {
      const theirs = recorded.saeLensTrainer[precision];
      const explained = meanOf(theirs.map((batch) => batch.explained_variance ?? Number.NaN));
      const legacy = meanOf(theirs.map((batch) => batch.explained_variance_legacy ?? Number.NaN));
      expectClose(
        [
          ["explained_variance", peers.explainedVarianceSaeLensTrainer, explained],
          ["1 − FVU", peers.fvuSparsify, 1 - explained],
          ["explained_variance_legacy", peers.explainedVarianceLegacyOpenMoss, legacy],
        ],
        tolerance,
      );
    });

    test("Overcomplete's r2_score(), hoyer() and kappa_4()", () => {
      const { r2_score, hoyer, kappa_4 } = recorded.overcomplete[precision];
      expectClose([["r2_score", peers.r2Overcomplete, meanOf(r2_score)]], tolerance);
      // Its √dSae is a float32 in both runs.
      expectClose([["hoyer", peers.hoyerOvercomplete, hoyer]], ofFloat32);
      expectClose([["kappa_4", peers.kappa4Overcomplete, kappa_4]], tolerance);
    });

    test("the file that SAEBench's core evaluation writes", () => {
      const { file, fileName } = recorded.saeBenchCore[precision];
      expect(saeBenchFileName({ releaseId: "toy/release", saeId: "layer_0/topk" })).toBe(fileName);
      const weights = saeBenchWeightStatistics({
        dIn,
        dSae,
        encoder: recorded.tensors.float32("encoder").data,
        encoderBias: recorded.tensors.float32("encoderBias").data,
        decoder: recorded.tensors.float32("decoder").data,
      });
      const result = saeBenchCoreResult({
        ...ours,
        weights,
        evalId: file.eval_id,
        datetimeEpochMillis: file.datetime_epoch_millis,
        releaseId: "toy/release",
        saeId: "layer_0/topk",
        saeLensVersion: "6.18.0",
        saeConfig: file.sae_cfg_dict,
        config: { batch_size_prompts: 4, context_size: 8, n_eval_sparsity_variance_batches: 3 },
      });
      const { eval_result_metrics: metrics, eval_result_details: details, ...rest } = result;
      const { eval_result_metrics: theirMetrics, eval_result_details: theirDetails, ...theirRest } = file;
      expect(Object.keys(result)).toEqual(Object.keys(file));
      expect({ ...rest, eval_result_unstructured: {} }).toEqual(theirRest);
      expect(Object.keys(metrics)).toEqual(Object.keys(theirMetrics));
      for (const category of Object.keys(theirMetrics) as (keyof SaeBenchCoreMetrics)[]) {
        const numbers: Readonly<Record<string, number>> = metrics[category];
        const theirs: Readonly<Record<string, number>> = theirMetrics[category];
        expect(Object.keys(numbers)).toEqual(Object.keys(theirs));
        // Counts of theirs are of all tokens that there may be: 10 and 3 batches of 4 prompts of 8 tokens.
        if (category === "token_stats") {
          expect(Object.values(theirs)).toEqual([320, 96]);
          expect(Object.values(numbers)).toEqual([-1, 87]);
          continue;
        }
        const near = /sparsity|misc_metrics/.test(category) ? Math.max(ofFloat32, tolerance) : tolerance;
        for (const [name, number] of Object.entries(theirs)) {
          expect(difference(numbers[name] ?? null, number), `${category}.${name}`).toBeLessThan(near);
        }
      }
      expect(details).toHaveLength(theirDetails.length);
      details.forEach((detail, i) => {
        const theirs = theirDetails[i];
        expect(Object.keys(detail).sort()).toEqual(Object.keys(theirs ?? {}).sort());
        for (const [name, number] of Object.entries(theirs ?? {})) {
          const value = detail[name as keyof typeof detail];
          expect(difference(value, number), `${name} of ${i}`).toBeLessThan(ofFloat32);
        }
      });
    });
  });
}

import { readFileSync } from "node:fs";
import { sparseFromDense } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { createPeerReconstructionMetrics } from "../reconstruction/peer-variants.ts";
import { createReconstructionMetrics } from "../reconstruction/reconstruction.ts";
import { createPeerSparsityMetrics } from "../sparsity/peer-sparsity.ts";
import { createSparsityMetrics } from "../sparsity/sparsity.ts";
import { type SaeBenchCoreOptions, saeBenchCoreResult, saeBenchFileName } from "./core-result.ts";
import { saeBenchWeightStatistics } from "./weight-statistics.ts";

/** One property of SAEBench's own schema; `tools/golden/README.md` says how it was recorded. */
interface SchemaProperty {
  readonly path: string;
  readonly types: readonly string[];
  readonly required: boolean;
}

const schemaFile = new URL("../../../../fixtures/golden-metrics/sae-bench-core-schema.json", import.meta.url);
const { properties } = JSON.parse(readFileSync(schemaFile, "utf8")) as {
  properties: readonly SchemaProperty[];
};

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value !== "number") return typeof value;
  return Number.isInteger(value) ? "integer" : "number";
}

/** What is wrong with `value` by the schema, in words; properties that it does not know included. */
function complaints(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => complaints(item, `${path.slice(0, -1)}[].`));
  if (typeof value !== "object" || value === null) return [];
  const depth = path.split(".").length;
  const here = properties.filter((one) => one.path.startsWith(path) && one.path.split(".").length === depth);
  const free = here.length === 0;
  const missing = here
    .filter(({ path: at, required }) => required && !(at.slice(path.length) in value))
    .map(({ path: at }) => `${at} is missing`);
  const wrong = Object.entries(value).flatMap(([name, child]) => {
    const at = `${path}${name}`;
    const types = here.find((one) => one.path === at)?.types;
    if (types === undefined) return free ? [] : [`${at} is not in the schema`];
    const type = typeOf(child);
    const fits =
      types.includes("any") || types.includes(type) || (type === "integer" && types.includes("number"));
    return [...(fits ? [] : [`${at} is ${type}`]), ...complaints(child, `${at}.`)];
  });
  return [...missing, ...wrong];
}

/** Two tokens, two latents of which the second never fires. */
function measured(): Pick<
  SaeBenchCoreOptions,
  "reconstruction" | "peerReconstruction" | "sparsity" | "peerSparsity"
> {
  const batch = { x: Float32Array.of(1, 3, 2, 0), xHat: Float32Array.of(1, 2, 2, 1) };
  const latents = sparseFromDense(Float32Array.of(2, 0, 0, 0), { nRows: 2, dSae: 2 });
  const reconstruction = createReconstructionMetrics({ dIn: 2 });
  const peerReconstruction = createPeerReconstructionMetrics({ dIn: 2 });
  const sparsity = createSparsityMetrics({ dSae: 2 });
  const peerSparsity = createPeerSparsityMetrics({ dSae: 2 });
  reconstruction.add(batch);
  peerReconstruction.add(batch);
  sparsity.add(latents);
  peerSparsity.add({ latents, prompts: Uint32Array.of(0, 0) });
  return {
    reconstruction: reconstruction.result(),
    peerReconstruction: peerReconstruction.result(),
    sparsity: sparsity.result(),
    peerSparsity: peerSparsity.result(),
  };
}

const common = {
  evalId: "00000000-0000-4000-8000-000000000000",
  datetimeEpochMillis: 1_700_000_000_000,
  releaseId: "toy",
};

const weights = saeBenchWeightStatistics({
  dIn: 2,
  dSae: 2,
  encoder: Float32Array.of(3, 4, 0, 0),
  encoderBias: Float32Array.of(0.1, 0),
  decoder: Float32Array.of(1, 0, 0.6, 0.8),
});

suite("saeBenchCoreResult()", () => {
  test("fits SAEBench's schema, with and without weights and losses", () => {
    const bare = saeBenchCoreResult({ ...common, ...measured() });
    expect(complaints(bare)).toEqual([]);
    const klDivergence = { kl_div_score: 0.9, kl_div_with_ablation: 10, kl_div_with_sae: 1 };
    const full = saeBenchCoreResult({
      ...common,
      ...measured(),
      weights,
      model: { klDivergence, nTokens: 64 },
      saeId: "layer_0/topk",
      saeLensVersion: "6.18.0",
      saeConfig: { d_in: 2, nested: { any: [1, "thing"] } },
      config: { model_name: "toy", context_size: 2 },
    });
    expect(complaints(full)).toEqual([]);
    expect(full.eval_result_metrics.model_behavior_preservation).toEqual(klDivergence);
    expect(full.eval_config).toMatchObject({
      model_name: "toy",
      context_size: 2,
      compute_kl: true,
      compute_ce_loss: false,
      compute_featurewise_weight_based_metrics: true,
    });
    // The check can fail.
    expect(complaints({ ...bare, eval_id: 7, more: 1 })).toEqual([
      "eval_id is integer",
      "more is not in the schema",
    ]);
    const { sparsity: _, ...fewer } = bare.eval_result_metrics;
    expect(complaints({ ...bare, eval_result_metrics: fewer })).toEqual([
      "eval_result_metrics.sparsity is missing",
    ]);
    const details = [{ ...bare.eval_result_details[0], index: 0.5 }];
    expect(complaints({ ...bare, eval_result_details: details })).toEqual([
      "eval_result_details[].index is number",
    ]);
  });

  test("says −1 for what there is not, and why beside it", () => {
    const result = saeBenchCoreResult({ ...common, ...measured() });
    const { model_behavior_preservation, model_performance_preservation, misc_metrics } =
      result.eval_result_metrics;
    expect(Object.values(model_behavior_preservation)).toEqual([-1, -1, -1]);
    expect(Object.values(model_performance_preservation)).toEqual([-1, -1, -1, -1]);
    expect(misc_metrics.average_max_encoder_cosine_sim).toBe(-1);
    expect(result.eval_result_metrics.token_stats).toEqual({
      total_tokens_eval_reconstruction: -1,
      total_tokens_eval_sparsity_variance: 2,
    });
    // The second latent never fired: SAEBench's 0 / 0.
    expect(result.eval_result_details).toEqual([
      {
        index: 0,
        feature_density: 0.5,
        consistent_activation_heuristic: 1,
        encoder_bias: -1,
        encoder_norm: -1,
        encoder_decoder_cosine_sim: -1,
        max_decoder_cosine_sim: -1,
        max_encoder_cosine_sim: -1,
      },
      expect.objectContaining({ index: 1, feature_density: 0, consistent_activation_heuristic: -1 }),
    ]);
    const { missing } = result.eval_result_unstructured.plumbline;
    expect(missing["model_behavior_preservation.kl_div_score"]).toBe("not measured");
    expect(missing["misc_metrics.average_max_decoder_cosine_sim"]).toBe("not measured");
    expect(Object.keys(missing)).toHaveLength(3 + 4 + 2 + 1);
  });

  test("keeps SAEBench's explained variance under its key and puts the right one beside it", () => {
    // x = (1, 3), (2, 0), r = (0, 1), (0, −1): Σ‖r‖² = 2, Σ‖x − mean‖² = .5 + 4.5 = 5: 1 − 2/5.
    // SAEBench: mean‖r‖² = 1, mean‖x‖² = 7, m = 3.5: 1 − 1 / (7 − 12.25) = 25/21. mse: 2 / 2 / 2.
    const result = saeBenchCoreResult({ ...common, ...measured() });
    const { explained_variance, mse } = result.eval_result_metrics.reconstruction_quality;
    expect(explained_variance).toBeCloseTo(25 / 21, 14);
    expect(mse).toBe(0.5);
    expect(result.eval_result_unstructured.plumbline.explained_variance).toEqual({
      id: "explained-variance.global",
      value: 0.6,
    });
  });

  test("takes biases, norms and cosines from the weights", () => {
    // Encoder (3, 4) and (0, 0); decoder (1, 0) and (.6, .8): cosine of the first pair 3/5, of the decoder rows .6.
    const result = saeBenchCoreResult({ ...common, ...measured(), weights });
    const [first, second] = result.eval_result_details;
    expect(first).toMatchObject({
      encoder_bias: 0.1000000015, // float32(0.1), ten places
      encoder_norm: 5,
      encoder_decoder_cosine_sim: 0.6000000238,
      max_encoder_cosine_sim: 0,
      max_decoder_cosine_sim: 0.6000000238,
    });
    expect(second).toMatchObject({ encoder_norm: 0, encoder_decoder_cosine_sim: -1 });
    expect(result.eval_result_metrics.misc_metrics.average_max_decoder_cosine_sim).toBeCloseTo(0.6, 7);
  });

  test("survives JSON, and is the same for the same options", () => {
    const result = saeBenchCoreResult({ ...common, ...measured(), weights });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(JSON.stringify(saeBenchCoreResult({ ...common, ...measured(), weights }))).toBe(
      JSON.stringify(result),
    );
  });

  test("refuses results of different tokens, other weights, and times that SAEBench refuses", () => {
    const options = { ...common, ...measured() };
    const other = createReconstructionMetrics({ dIn: 2 }).result();
    expect(() => saeBenchCoreResult({ ...options, reconstruction: other })).toThrow(
      "over the same tokens, got 0, 2, 2, 2 tokens",
    );
    for (const datetimeEpochMillis of [-1, 0.5, 1e13]) {
      expect(() => saeBenchCoreResult({ ...options, datetimeEpochMillis })).toThrow(
        "an integer in 0..9999999999999",
      );
    }
    const wide = { dIn: 1, dSae: 3, encoder: new Float32Array(3), decoder: new Float32Array(3) };
    expect(() =>
      saeBenchCoreResult({
        ...options,
        weights: saeBenchWeightStatistics({ ...wide, encoderBias: new Float32Array(3) }),
      }),
    ).toThrow("weights of 2 latents, got 3");
  });
});

test("saeBenchFileName() replaces slashes in both parts", () => {
  expect(saeBenchFileName({ releaseId: "a/b", saeId: "c/d/e" })).toBe("a_b_c_d_e_eval_results.json");
});

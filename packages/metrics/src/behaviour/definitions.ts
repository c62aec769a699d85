import { type Definitions, defineMetrics } from "../values/define-metrics.ts";

/** Names of metrics about the model whose activations are replaced. */
export type BehaviourMetricName =
  | "crossEntropy"
  | "crossEntropyIncrease"
  | "klDivergence"
  | "ceLossScore"
  | "klDivScore"
  | "fractionDestroyed"
  | "downstreamLossRatio"
  | "fracRecoveredPerBatch";

export const behaviourDefinitions: Definitions<BehaviourMetricName> = defineMetrics({
  crossEntropy: {
    id: "behaviour.cross-entropy",
    unit: "nats a token",
    formula:
      "mean of −log softmax(logits)[next token] over the positions of the averages that have a next token, all positions weighing alike",
    source: "ce_loss_* of SAELens and SAEBench",
  },
  crossEntropyIncrease: {
    id: "behaviour.cross-entropy-increase",
    unit: "nats a token",
    formula:
      "mean of CE changed − CE original over positions; standard error over S sequences, each one draw: √(S/(S−1) Σ (Δ_s − mean · n_s)²) / Σ n_s, Δ_s the sum over the n_s positions of sequence s",
    source: "ours; the ratio estimator of Cochran, Sampling Techniques, 3rd edition, chapter 6",
  },
  klDivergence: {
    id: "behaviour.kl-divergence",
    unit: "nats a position",
    formula:
      "mean of KL(P original ‖ P changed) over the positions of the averages, the last of a sequence included",
    source: "kl_div_with_* of SAELens and SAEBench",
  },
  ceLossScore: {
    id: "behaviour.ce-loss-score",
    unit: "fraction; 1 is no harm, 0 is as bad as the ablation",
    formula: "(CE ablated − CE sae) / (CE ablated − CE original), means over all positions first",
    source: "ce_loss_score of SAELens and SAEBench, there with zero ablation of every position",
  },
  klDivScore: {
    id: "behaviour.kl-div-score",
    unit: "fraction; 1 is no harm, 0 is as bad as the ablation",
    formula: "(KL ablated − KL sae) / KL ablated, means over all positions first",
    source: "kl_div_score of SAELens and SAEBench, there with zero ablation of every position",
  },
  fractionDestroyed: {
    id: "behaviour.fraction-destroyed",
    unit: "fraction; 0 is no harm, 1 is as bad as the ablation",
    formula: "(CE sae − CE original) / (CE ablated − CE original) = 1 − ceLossScore",
    source: "Levinson 2026 (MetaSAE), there with zero ablation",
  },
  downstreamLossRatio: {
    id: "behaviour.downstream-loss-ratio",
    unit: "ratio; 1 is no harm, above 1 is worse",
    formula: "(CE ablated − CE original) / (CE ablated − CE sae): the reciprocal of ceLossScore",
    source: "downstream_loss_ratio of OpenMOSS Language-Model-SAEs",
  },
  fracRecoveredPerBatch: {
    id: "behaviour.frac-recovered.batch-mean",
    unit: "fraction; 1 is no harm; depends on how sequences are batched",
    formula: "(CE sae − CE ablated) / (CE original − CE ablated) of each batch, mean over batches",
    source: "frac_recovered of dictionary_learning, there with zero ablation",
  },
});

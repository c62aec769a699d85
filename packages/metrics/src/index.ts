export type { HookBatch, ReplaceActivations, SplicedModel } from "@plumbline/core";
export type { BehaviourNumbers, CrossEntropyIncrease } from "./behaviour/behaviour-sums.ts";
export {
  type BehaviourOptions,
  type BehaviourProgress,
  type BehaviourResult,
  evaluateBehaviour,
  type SequenceBatches,
} from "./behaviour/evaluate-behaviour.ts";
export { crossEntropyPerToken, klPerPosition } from "./behaviour/log-probabilities.ts";
export { type AblationScores, smallestEffect } from "./behaviour/scores.ts";
export type { Change, Variant } from "./behaviour/sequence-sums.ts";
export type { SpecialTokens, SpecialTokensPolicy } from "./behaviour/special-tokens.ts";
export { type Bimodality, bimodalityOf } from "./bimodality/bimodality.ts";
export { type DipTest, dipTest } from "./bimodality/dip-test.ts";
export type { Component as MixtureComponent } from "./bimodality/expectation-maximization.ts";
export { fitMixture, type MixtureFit } from "./bimodality/mixture.ts";
export { sarleCoefficient } from "./bimodality/sarle.ts";
export { type Cooccurrence, createCooccurrence } from "./cooccurrence/cooccurrence.ts";
export { type CrossCooccurrence, createCrossCooccurrence } from "./cooccurrence/cross-cooccurrence.ts";
export type {
  CrossCandidate,
  CrossCooccurrenceResult,
  CrossOptions,
  CrossTop,
} from "./cooccurrence/cross-top.ts";
export { type FiringCounts, phiCoefficient } from "./cooccurrence/phi.ts";
export type { AlivePhi, CooccurrenceResult, PhiPair } from "./cooccurrence/phi-summary.ts";
export { selectBatchTopK } from "./cooccurrence/thresholds/select-batch-top-k.ts";
export {
  createThresholdCalibration,
  type ThresholdCalibration,
  type ThresholdCalibrationResult,
} from "./cooccurrence/thresholds/threshold-calibration.ts";
export {
  equalErrorThreshold,
  type FewActiveRule,
  type LatentThreshold,
  matchedRateThreshold,
  type ThresholdRule,
} from "./cooccurrence/thresholds/threshold-rules.ts";
export type { LatentHistogram } from "./cooccurrence/thresholds/value-histograms.ts";
export { type MetricName, metricDefinitions } from "./definitions.ts";
export {
  type AlignmentResult,
  type AlignmentSummary,
  defaultAlignmentEdges,
  summarizeAlignment,
} from "./directions/alignment.ts";
export {
  alignmentScores,
  type DirectionStatistics,
  type Directions,
  directionStatistics,
} from "./directions/directions.ts";
export { leakage, nearestCosines, type ProductsOption } from "./directions/neighbours.ts";
export {
  type DirectionsResult,
  type EvaluatedBatch,
  type EvaluatedMetricName,
  type EvaluateOptions,
  type EvaluationResult,
  evaluateSae,
} from "./evaluate/evaluate.ts";
export {
  type PeerReconstructionMetricName,
  peerReconstructionDefinitions,
} from "./reconstruction/peer-definitions.ts";
export {
  createPeerReconstructionMetrics,
  type PeerReconstructionMetrics,
  type PeerReconstructionResult,
} from "./reconstruction/peer-variants.ts";
export {
  createReconstructionMetrics,
  type ReconstructionMetrics,
  type ReconstructionResult,
} from "./reconstruction/reconstruction.ts";
export type { Assignment } from "./recovery/compare-directions.ts";
export type { FiringRecovery } from "./recovery/firing-counts.ts";
export {
  createRecoveryMetrics,
  type RecoveryMetrics,
  type RecoveryOptions,
  type RecoveryResult,
} from "./recovery/recovery.ts";
export {
  type SaeBenchCoreOptions,
  type SaeBenchModelMetrics,
  saeBenchCoreResult,
  saeBenchFileName,
} from "./saebench/core-result.ts";
export type {
  SaeBenchCoreConfig,
  SaeBenchCoreDetail,
  SaeBenchCoreExtras,
  SaeBenchCoreMetrics,
  SaeBenchCoreResult,
} from "./saebench/core-schema.ts";
export { type SaeBenchWeightStatistics, saeBenchWeightStatistics } from "./saebench/weight-statistics.ts";
export { type DensityResult, summarizeDensity } from "./sparsity/density.ts";
export { type PeerSparsityMetricName, peerSparsityDefinitions } from "./sparsity/peer-definitions.ts";
export {
  createPeerSparsityMetrics,
  type PeerSparsityBatch,
  type PeerSparsityMetrics,
  type PeerSparsityResult,
} from "./sparsity/peer-sparsity.ts";
export {
  createSparsityMetrics,
  type DeadLatentsResult,
  type SparsityMetrics,
  type SparsityResult,
} from "./sparsity/sparsity.ts";
export type { RowAgreement } from "./stability/agreement.ts";
export { assignMaximum } from "./stability/assignment.ts";
export type { BoundedOptions } from "./stability/bounded-assignment.ts";
export {
  type Agreement,
  type CompareOptions,
  type Comparison,
  compareDictionaries,
  type DetailedComparison,
  type Dictionary,
} from "./stability/compare.ts";
export { type StabilityMetricName, stabilityDefinitions } from "./stability/definitions.ts";
export { type MatchOptions, matchRows } from "./stability/match-rows.ts";
export {
  type AgreementSpread,
  type RowSpread,
  type StabilityResult,
  stabilityOf,
} from "./stability/over-seeds.ts";
export type { RowMatches } from "./stability/row-matches.ts";
export { type Spread, spreadOf } from "./stability/spread.ts";
export { type SubspaceAgreement, subspaceAgreement } from "./stability/subspaces.ts";
export type { Confidence } from "./values/confidence.ts";
export { defineMetrics, type MetricDefinition } from "./values/define-metrics.ts";
export { type Distribution, defaultQuantiles, distributionOf } from "./values/distribution.ts";
export { type Histogram, histogramOf } from "./values/histogram.ts";
export { defined, type MetricValue, notDefined, type Quantile, ratio } from "./values/metric-value.ts";
export { type RowProducts, rowProducts } from "./values/row-products.ts";
export { jackknife, type MetricInterval } from "./values/token-blocks.ts";
export { meanRow, unitRows } from "./values/unit-rows.ts";

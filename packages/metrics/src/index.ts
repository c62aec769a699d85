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
export {
  type DirectionsResult,
  type EvaluateOptions,
  type EvaluationResult,
  evaluateSae,
} from "./evaluate/evaluate.ts";
export {
  createReconstructionMetrics,
  type ReconstructionMetrics,
  type ReconstructionResult,
} from "./reconstruction/reconstruction.ts";
export { type DensityResult, summarizeDensity } from "./sparsity/density.ts";
export {
  createSparsityMetrics,
  type DeadLatentsResult,
  type SparsityMetrics,
  type SparsityResult,
} from "./sparsity/sparsity.ts";
export { defineMetrics, type MetricDefinition } from "./values/define-metrics.ts";
export { type Distribution, defaultQuantiles, distributionOf } from "./values/distribution.ts";
export { type Histogram, histogramOf } from "./values/histogram.ts";
export { defined, type MetricValue, notDefined, type Quantile, ratio } from "./values/metric-value.ts";

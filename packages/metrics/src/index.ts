export {
  type AlignmentResult,
  type AlignmentSummary,
  defaultAlignmentEdges,
  summarizeAlignment,
} from "./alignment.ts";
export { type MetricDefinition, type MetricName, metricDefinitions } from "./definitions.ts";
export { type DensityResult, summarizeDensity } from "./density.ts";
export {
  alignmentScores,
  type DirectionStatistics,
  type Directions,
  directionStatistics,
} from "./directions.ts";
export { type Distribution, defaultQuantiles, distributionOf } from "./distribution.ts";
export {
  type DirectionsResult,
  type EvaluateOptions,
  type EvaluationResult,
  evaluateSae,
} from "./evaluate.ts";
export { type Histogram, histogramOf } from "./histogram.ts";
export { defined, type MetricValue, notDefined, type Quantile, ratio } from "./metric-value.ts";
export {
  createReconstructionMetrics,
  type ReconstructionMetrics,
  type ReconstructionResult,
} from "./reconstruction.ts";
export {
  createSparsityMetrics,
  type DeadLatentsResult,
  type SparsityMetrics,
  type SparsityResult,
} from "./sparsity.ts";

import { type DirectionMetricName, directionDefinitions } from "./directions/definitions.ts";
import { type ReconstructionMetricName, reconstructionDefinitions } from "./reconstruction/definitions.ts";
import { type SparsityMetricName, sparsityDefinitions } from "./sparsity/definitions.ts";
import type { Definitions } from "./values/define-metrics.ts";

/** Names of the metrics of this package. */
export type MetricName = ReconstructionMetricName | SparsityMetricName | DirectionMetricName;

/**
 * The definition of every metric here, with its version. Many of these names stand for several formulas in the field;
 * compare numbers only where the definitions agree.
 */
export const metricDefinitions: Definitions<MetricName> = Object.freeze({
  ...reconstructionDefinitions,
  ...sparsityDefinitions,
  ...directionDefinitions,
});

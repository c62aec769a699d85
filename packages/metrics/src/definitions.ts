import { type BehaviourMetricName, behaviourDefinitions } from "./behaviour/definitions.ts";
import { type BimodalityMetricName, bimodalityDefinitions } from "./bimodality/definitions.ts";
import { type CooccurrenceMetricName, cooccurrenceDefinitions } from "./cooccurrence/definitions.ts";
import { type DirectionMetricName, directionDefinitions } from "./directions/definitions.ts";
import { type ReconstructionMetricName, reconstructionDefinitions } from "./reconstruction/definitions.ts";
import { type RecoveryMetricName, recoveryDefinitions } from "./recovery/definitions.ts";
import { type SparsityMetricName, sparsityDefinitions } from "./sparsity/definitions.ts";
import { type StabilityMetricName, stabilityDefinitions } from "./stability/definitions.ts";
import type { Definitions } from "./values/define-metrics.ts";

/** Names of the metrics of this package. */
export type MetricName =
  | ReconstructionMetricName
  | SparsityMetricName
  | DirectionMetricName
  | BimodalityMetricName
  | StabilityMetricName
  | BehaviourMetricName
  | RecoveryMetricName
  | CooccurrenceMetricName;

/**
 * The definition of every metric here, with its version. Many of these names stand for several formulas in the field;
 * compare numbers only where the definitions agree.
 */
export const metricDefinitions: Definitions<MetricName> = Object.freeze({
  ...reconstructionDefinitions,
  ...sparsityDefinitions,
  ...directionDefinitions,
  ...bimodalityDefinitions,
  ...stabilityDefinitions,
  ...behaviourDefinitions,
  ...recoveryDefinitions,
  ...cooccurrenceDefinitions,
});

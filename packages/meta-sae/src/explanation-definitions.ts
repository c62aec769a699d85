import { defineMetrics, type MetricDefinition, metricDefinitions } from "@plumbline/metrics";

/** What the numbers of an explanation mean, exactly: tokens are decoder rows, scaled to norm 1. */
export const explanationDefinitions: Readonly<
  Record<"explainedVariance" | "l0" | "explainedShares", MetricDefinition>
> = Object.freeze({
  explainedVariance: metricDefinitions.explainedVariance,
  l0: metricDefinitions.l0,
  ...defineMetrics({
    explainedShares: {
      id: "explained-share.row",
      unit: "fraction; 1 is perfect, 0 is as good as the mean row, below 0 is worse",
      formula: "1 − ‖r‖² / ‖row − mean‖² for each row, mean over all rows",
      source: "ours: the terms of explained-variance.global, row by row",
    },
  }),
});

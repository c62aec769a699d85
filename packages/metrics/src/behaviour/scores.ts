import { defined, type MetricValue, notDefined } from "../values/metric-value.ts";

/**
 * Effects below this many nats are taken for none: logits are float32, and of logits in the tens the cross-entropy keeps
 * some 1e-6. Dividing by less would make a score out of rounding.
 */
export const smallestEffect = 1e-6;

/** Scores of an SAE against one ablation; formulas in `metricDefinitions`. */
export interface AblationScores {
  readonly ceLossScore: MetricValue;
  readonly klDivScore: MetricValue;
  readonly fractionDestroyed: MetricValue;
  readonly downstreamLossRatio: MetricValue;
  readonly fracRecoveredPerBatch: MetricValue;
}

/** Mean increases of cross-entropy in a batch, in nats. */
export interface BatchIncreases {
  readonly sae: number;
  readonly ablated: number;
}

function quotient(
  from: readonly [MetricValue, MetricValue],
  formula: (sae: number, ablated: number) => readonly [numerator: number, denominator: number],
  reason: string,
): MetricValue {
  const [sae, ablated] = from;
  if (sae.value === null) return sae;
  if (ablated.value === null) return ablated;
  const [numerator, denominator] = formula(sae.value, ablated.value);
  if (Math.abs(denominator) < smallestEffect) return notDefined(reason);
  // No −0, which JSON would turn into 0.
  return numerator === 0 ? { value: 0 } : defined(numerator / denominator);
}

function meanOverBatches(batches: readonly BatchIncreases[]): MetricValue {
  if (batches.length === 0) return notDefined("no positions");
  let total = 0;
  for (const [i, { sae, ablated }] of batches.entries()) {
    if (!Number.isFinite(sae + ablated)) return notDefined(`cross-entropy is not finite in batch ${i}`);
    if (Math.abs(ablated) < smallestEffect) {
      return notDefined(
        `the ablation changes cross-entropy by less than ${smallestEffect} nats in batch ${i}`,
      );
    }
    total += (ablated - sae) / ablated;
  }
  return { value: total / batches.length };
}

/**
 * Scores from increases over the original model: with Δ = CE changed − CE original, CE ablated − CE sae is Δ ablated − Δ sae.
 * An ablation that helps the model (Δ below 0) turns the meaning of a score around; read it beside the increases.
 *
 * @param options `increase` and `kl`: means over all positions, of the SAE and of the ablation
 */
export function ablationScores(options: {
  readonly increase: readonly [sae: MetricValue, ablated: MetricValue];
  readonly kl: readonly [sae: MetricValue, ablated: MetricValue];
  readonly batches: readonly BatchIncreases[];
}): AblationScores {
  const { increase, kl, batches } = options;
  const noEffect = (on: string): string => `the ablation changes ${on} by less than ${smallestEffect} nats`;
  const onCrossEntropy = noEffect("cross-entropy");
  return {
    ceLossScore: quotient(increase, (sae, ablated) => [ablated - sae, ablated], onCrossEntropy),
    klDivScore: quotient(kl, (sae, ablated) => [ablated - sae, ablated], noEffect("the divergence")),
    fractionDestroyed: quotient(increase, (sae, ablated) => [sae, ablated], onCrossEntropy),
    downstreamLossRatio: quotient(
      increase,
      (sae, ablated) => [ablated, ablated - sae],
      `the SAE and the ablation differ by less than ${smallestEffect} nats`,
    ),
    fracRecoveredPerBatch: meanOverBatches(batches),
  };
}

import type { ReferenceCase } from "../../tests/equality/case.ts";
import { problemOf } from "../../tests/equality/reference/problem.ts";
import { stepOf } from "../../tests/equality/reference/reference.ts";
import { scoresOf } from "../../tests/equality/reference/scores.ts";
import { keepLargest } from "../../tests/equality/reference/selection.ts";
import { keptBy } from "../../tests/equality/rule.ts";

/** Loss and gradients of one step, projected as the constraint asks. */
export interface StepGradients {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Float64Array>>;
}

/** A step in float64, by the reference that the engines are held to in `tests/equality`, as if float32 could decide everything. */
export function stepInFloat64(one: ReferenceCase): StepGradients {
  const { rule, dSae, nTokens } = one;
  const problem = { ...problemOf(one), thetaError: 0 };
  const { raw, ranked } = scoresOf(problem, { folded: false });
  const none = new Float64Array(raw.length);
  const scores = { raw, ranked, rawError: none, rankedError: none };
  const keeps = rule.kind === "topk" || rule.kind === "batch-topk";
  const n = keptBy(rule, { dSae, nTokens });
  const selection = keeps ? keepLargest(ranked, { n, width: dSae, perRow: rule.kind === "topk" }) : undefined;
  const { loss, gradients } = stepOf(one, problem, scores, { selection, controls: one.controls });
  return {
    loss: loss.value,
    gradients: Object.fromEntries(Object.entries(gradients).map(([name, { rows }]) => [name, rows])),
  };
}

import { PlumblineError, type SparseLatents } from "@plumbline/core";
import { assignMaximum } from "../stability/assignment.ts";
import { checkLatents, checkSameRows } from "../values/check-latents.ts";
import { checkCount, countRows } from "../values/check-rows.ts";
import type { MetricValue } from "../values/metric-value.ts";
import { type RowProducts, rowProducts } from "../values/row-products.ts";
import { type Assignment, compareDirections } from "./compare-directions.ts";
import { createFiringCounts, type FiringRecovery } from "./firing-counts.ts";

/** What recovery metrics need to know. */
export interface RecoveryOptions {
  /** [G, dIn], of any norm */
  readonly trueDirections: Float32Array;
  /** [F, dIn] decoder of the SAE, of any norm */
  readonly decoder: Float32Array;
  readonly dIn: number;
  /**
   * cosine of the two mean max cosines: `signed` (default: a latent that points the other way has not found the
   * direction) or `absolute`. All other metrics take |cosine|, as their source does
   */
  readonly maxCosine?: "signed" | "absolute";
  /** one-to-one assignment; default `assignMaximum`, exact */
  readonly assign?: Assignment;
  /** product of rows, where the time of long dictionaries goes; default `rowProducts` */
  readonly products?: RowProducts;
}

/** How much of a known truth an SAE has found. Formulas are in `metricDefinitions`. */
export interface RecoveryResult extends FiringRecovery {
  readonly nTokens: number;
  /** G */
  readonly nTrueLatents: number;
  /** F */
  readonly nLatents: number;
  readonly maxCosine: "signed" | "absolute";
  readonly trueMaxCosine: MetricValue;
  readonly foundMaxCosine: MetricValue;
  readonly meanCorrelationCoefficient: MetricValue;
  readonly uniqueness: MetricValue;
}

/** Recovery metrics; see {@link createRecoveryMetrics}. */
export interface RecoveryMetrics {
  /** [F] true latent with the largest |cosine| to each latent, which its firing is held against; a copy */
  bestTrueLatents(): Int32Array;
  /** [F] true latent of each latent, one to one; −1 for latents left over; a copy */
  assignedTrueLatents(): Int32Array;
  /**
   * Takes what fired on the same tokens in the SAE, `dSae` = F, and in truth, `dSae` = G.
   *
   * @throws PlumblineError `shape-mismatch`
   */
  add(batch: { readonly latents: SparseLatents; readonly trueLatents: SparseLatents }): void;
  /** directions alone need no tokens; firing metrics are undefined before the first */
  result(): RecoveryResult;
}

function countDirections(rows: Float32Array, dIn: number, what: string): number {
  const from = "createRecoveryMetrics()";
  const nRows = countRows({ length: rows.length, width: dIn, from, what });
  if (nRows > 0) return nRows;
  throw new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[metrics] ${from}: expected at least one row of ${what}, got none`,
  });
}

/**
 * Compares an SAE with the truth behind toy and synthetic activations: were the directions found (mean max cosine both
 * ways, one-to-one |cosine|, uniqueness), and do latents fire when their true latents do (precision, recall, F1)?
 *
 * A latent is held against the true latent of largest |cosine|, several latents against the same one where they share it.
 * A latent that never fires has precision, recall and F1 0, as in the source; how many there are stands beside. Random
 * directions reach a mean max cosine of about √(2 ln n / dIn), n directions to choose from: compare with that, not with 0.
 *
 * @throws PlumblineError `shape-mismatch`, `bad-option`, `not-finite`
 * @source `sae_lens.synthetic.evals` of SAELens, but for the mean max cosines
 * @example
 * import { createRecoveryMetrics } from "@plumbline/metrics";
 *
 * const metrics = createRecoveryMetrics({
 *   trueDirections: Float32Array.of(1, 0, 0, 1),
 *   decoder: Float32Array.of(0, 2, 1, 0, 3, 0),
 *   dIn: 2,
 * });
 * console.log([...metrics.bestTrueLatents()]); // [ 1, 0, 0 ]
 * console.log(metrics.result().meanCorrelationCoefficient); // { value: 1 }
 */
export function createRecoveryMetrics(options: RecoveryOptions): RecoveryMetrics {
  const { trueDirections, decoder, dIn, maxCosine = "signed" } = options;
  const { assign = assignMaximum, products = rowProducts } = options;
  checkCount(dIn, { from: "createRecoveryMetrics()", what: "dIn" });
  const nTrueLatents = countDirections(trueDirections, dIn, "trueDirections");
  const nLatents = countDirections(decoder, dIn, "decoder");
  const absolute = maxCosine === "absolute";
  const found = compareDirections({ trueDirections, decoder, dIn, absolute, assign, products });
  const counts = createFiringCounts(found.bestTrue, nTrueLatents);
  return {
    bestTrueLatents: () => found.bestTrue.slice(),
    assignedTrueLatents: () => found.assigned.slice(),
    add: ({ latents, trueLatents }) => {
      checkLatents(latents, nLatents);
      checkLatents(trueLatents, nTrueLatents);
      checkSameRows(latents, trueLatents);
      counts.add(latents, trueLatents);
    },
    result: () => ({
      nTokens: counts.nTokens,
      nTrueLatents,
      nLatents,
      maxCosine,
      trueMaxCosine: { value: found.trueMaxCosine },
      foundMaxCosine: { value: found.foundMaxCosine },
      meanCorrelationCoefficient: { value: found.meanCorrelationCoefficient },
      uniqueness: { value: found.uniqueness },
      ...counts.result(),
    }),
  };
}

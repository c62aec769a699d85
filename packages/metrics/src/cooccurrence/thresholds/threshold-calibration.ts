import { PlumblineError, type SparseLatents } from "@plumbline/core";
import { checkAscending, checkLatents, checkSameRows } from "../../values/check-latents.ts";
import { checkCount } from "../../values/check-rows.ts";
import { type MetricValue, ratio } from "../../values/metric-value.ts";
import { checkTokens } from "../allocate-counts.ts";
import { checkPositive } from "./check-positive.ts";
import {
  equalErrorThreshold,
  type FewActiveRule,
  matchedRateThreshold,
  type ThresholdRule,
} from "./threshold-rules.ts";
import { createValueHistograms, type LatentHistogram, type ValueHistograms } from "./value-histograms.ts";

/** Thresholds for every latent, from the same histograms by two rules. */
export interface ThresholdCalibrationResult {
  readonly nTokens: number;
  readonly dSae: number;
  /**
   * [dSae] by equal error rate: a latent fires where its value is above. Infinity for one that was never active, which
   * `JSON.stringify([...thresholds])` writes as null; with `fixedMax`, that number instead.
   */
  readonly thresholds: Float32Array;
  /** [dSae] above which as many values lie as were selected; never active as above */
  readonly matchedRateThresholds: Float32Array;
  /** [dSae] mean of the shares on the wrong side of `thresholds`, active and inactive; null for a latent never active */
  readonly errorRates: readonly (number | null)[];
  /** over latents that were active */
  readonly meanErrorRate: MetricValue;
  /** number of latents by the rule that gave their threshold */
  readonly latentsByRule: Readonly<Record<ThresholdRule, number>>;
  /** values from `fixedMax` on, counted in the last bin: with many, thresholds near `fixedMax` mean nothing */
  readonly nSaturated: number;
}

/** Learns thresholds from a training rule; see {@link createThresholdCalibration}. */
export interface ThresholdCalibration {
  /**
   * @param batch `positive`: all values above 0, as ReLU leaves them; `selected`: those that the training rule keeps, of the
   *   same tokens. Values are read from `positive`.
   * @throws PlumblineError `shape-mismatch` for broken rows or a selected value that is not among the positive,
   *   `bad-value` for one that is not positive and finite; nothing of such a batch is counted
   */
  add(batch: { readonly positive: SparseLatents; readonly selected: SparseLatents }): void;
  readonly nTokens: number;
  /** values of one latent so far; a copy */
  histogram(latent: number): LatentHistogram;
  result(): ThresholdCalibrationResult;
}

function refuse(code: string, message: string, hint: string): never {
  throw new PlumblineError({ code, kind: "usage", message: `[metrics] ${message}`, hint });
}

function checkBins({ nBins, fixedMax }: { nBins: number; fixedMax: number | undefined }): void {
  const from = "createThresholdCalibration()";
  checkCount(nBins, { from, what: "nBins" });
  if (nBins % 2 === 1)
    refuse("bad-option", `${from}: expected an even nBins, got ${nBins}`, "bins merge in pairs");
  if (fixedMax === undefined || (fixedMax > 0 && Number.isFinite(fixedMax))) return;
  refuse(
    "bad-option",
    `${from}: expected fixedMax above 0, got ${fixedMax}`,
    "leave it out to adapt to the values",
  );
}

/** Calls `visit` for every positive value, and says whether it was selected. */
function eachSample(
  { positive, selected }: { positive: SparseLatents; selected: SparseLatents },
  visit: (latent: number, sample: { value: number; selected: boolean }) => void,
): void {
  for (let row = 0; row < positive.nRows; row++) {
    let next = selected.rowStarts[row] ?? 0;
    const lastSelected = selected.rowStarts[row + 1] ?? 0;
    const end = positive.rowStarts[row + 1] ?? 0;
    for (let j = positive.rowStarts[row] ?? 0; j < end; j++) {
      const latent = positive.indices[j] ?? 0;
      const isSelected = next < lastSelected && selected.indices[next] === latent;
      if (isSelected) next++;
      visit(latent, { value: positive.values[j] ?? 0, selected: isSelected });
    }
    if (next === lastSelected) continue;
    refuse(
      "shape-mismatch",
      `add(): expected selected values to be among the positive, got latent ${selected.indices[next]} in row ${row} that is not`,
      "make both from the same pre-activations; drop selected values that are not above 0",
    );
  }
}

function thresholdsOf(
  histograms: ValueHistograms,
  options: { dSae: number; fixedMax: number | undefined; fewActive: FewActiveRule },
): Omit<ThresholdCalibrationResult, "nTokens"> {
  const { dSae, fixedMax, fewActive } = options;
  const allSelected = fixedMax === undefined ? "zero" : "lowest-active-bin";
  const never = fixedMax ?? Number.POSITIVE_INFINITY;
  const thresholds = new Float32Array(dSae);
  const matchedRateThresholds = new Float32Array(dSae);
  const errorRates: (number | null)[] = [];
  const latentsByRule = { equalError: 0, fewActive: 0, allSelected: 0, neverActive: 0 };
  let [errorSum, nActive] = [0, 0];
  for (let latent = 0; latent < dSae; latent++) {
    const histogram = histograms.of(latent);
    const { threshold, rule, errorRate } = equalErrorThreshold(histogram, { fewActive, allSelected });
    thresholds[latent] = rule === "neverActive" ? never : threshold;
    matchedRateThresholds[latent] = rule === "neverActive" ? never : matchedRateThreshold(histogram);
    errorRates.push(errorRate);
    latentsByRule[rule]++;
    if (errorRate === null) continue;
    errorSum += errorRate;
    nActive++;
  }
  const meanErrorRate = ratio(errorSum, nActive, "no latent was active");
  const { nSaturated } = histograms;
  return { dSae, thresholds, matchedRateThresholds, errorRates, meanErrorRate, latentsByRule, nSaturated };
}

/**
 * Thresholds that let each latent fire by its own value, for an SAE that was trained with a rule for whole batches (BatchTopK):
 * for each latent a histogram of its values that the rule selected and one of its positive values that it did not.
 *
 * Histograms adapt to each latent's scale and do not depend on batches or order. Give tokens in batches of the size of
 * training all the same: what the rule selects does depend on them.
 *
 * @param options `dSae`; `nBins`: 200, even; `fixedMax`: bins from 0 to this number for all latents, larger values in the last
 *   bin. 10 gives the histograms and thresholds of good-epic/MetaSAE, which need activations of that scale. `fewActive`:
 *   what latents with less than 100 active values get, see `equalErrorThreshold`; "highest" unless it says otherwise
 * @throws PlumblineError `bad-option`, `limit-exceeded`, `out-of-memory`
 * @source Levinson, arXiv 2604.03436, 2026, with its repository; the adaptive bins are ours
 * @example
 * import { createThresholdCalibration, selectBatchTopK } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const calibration = createThresholdCalibration({ dSae: 2 });
 * const positive = sparseFromDense(Float32Array.of(1, 3, 4, 1), { nRows: 2, dSae: 2 });
 * calibration.add({ positive, selected: selectBatchTopK(positive, 1) });
 * // Latent 0: selected 4, not selected 1, in bins of 8 / 200; the lowest selected lies in the bin from 4 to 4.04.
 * console.log(calibration.result().thresholds[0]?.toFixed(2)); // 4.02
 */
export function createThresholdCalibration(options: {
  readonly dSae: number;
  readonly nBins?: number;
  readonly fixedMax?: number;
  readonly fewActive?: FewActiveRule;
}): ThresholdCalibration {
  const { dSae, nBins = 200, fixedMax, fewActive = "highest" } = options;
  const from = "createThresholdCalibration()";
  checkCount(dSae, { from, what: "dSae" });
  checkBins({ nBins, fixedMax });
  const histograms = createValueHistograms({ dSae, nBins, fixedMax, from });
  let nTokens = 0;
  return {
    get nTokens(): number {
      return nTokens;
    },
    add: ({ positive, selected }) => {
      for (const latents of [positive, selected]) {
        checkLatents(latents, dSae);
        checkAscending(latents);
      }
      checkSameRows(positive, selected);
      checkPositive(positive, "add()");
      checkTokens(nTokens + positive.nRows);
      // Once to see that all selected values are there, so that a batch counts whole or not at all.
      eachSample({ positive, selected }, () => undefined);
      eachSample({ positive, selected }, histograms.add);
      nTokens += positive.nRows;
    },
    histogram: (latent) => {
      const { max, active, inactive } = histograms.of(latent);
      return { max, active: active.slice(), inactive: inactive.slice() };
    },
    result: () => ({ nTokens, ...thresholdsOf(histograms, { dSae, fixedMax, fewActive }) }),
  };
}

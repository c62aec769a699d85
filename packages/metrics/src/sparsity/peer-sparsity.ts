import { PlumblineError, type SparseLatents } from "@plumbline/core";
import { checkLatents } from "../values/check-latents.ts";
import { checkCount } from "../values/check-rows.ts";
import { defined, type MetricValue, notDefined, ratio } from "../values/metric-value.ts";
import { createPeerMeans, type PeerFormula } from "../values/peer-means.ts";
import type { PeerSparsityMetricName } from "./peer-definitions.ts";
import { createPeerFirings, type PeerFirings } from "./peer-firings.ts";

/** What other libraries would say of the same latents. Formulas are in `peerSparsityDefinitions`. */
export interface PeerSparsityResult extends Readonly<Record<PeerSparsityMetricName, MetricValue>> {
  readonly nTokens: number;
  readonly nBatches: number;
  readonly dSae: number;
  /** [dSae] fraction of tokens with f > 0: feature_density of SAEBench */
  readonly featureDensities: readonly MetricValue[];
  /** [dSae] tokens with f > 0 / prompts with at least one of them: consistent_activation_heuristic of SAEBench */
  readonly consistentActivationHeuristics: readonly MetricValue[];
}

/** One of the other library's batches. */
export interface PeerSparsityBatch {
  readonly latents: SparseLatents;
  /** activations `[nRows, dIn]` of the same tokens; needed by `l1OpenAi` only */
  readonly x?: Float32Array;
  /** [nRows] number of each token's prompt, ascending over the stream; needed by the consistent activation heuristic only */
  readonly prompts?: Uint32Array;
}

/** Accumulates what other libraries report; see {@link createPeerSparsityMetrics}. */
export interface PeerSparsityMetrics {
  /** @throws PlumblineError `shape-mismatch` for another dSae, or `x` or `prompts` of another number of tokens */
  add(batch: PeerSparsityBatch): void;
  result(): PeerSparsityResult;
}

interface BatchSums {
  readonly nRows: number;
  readonly dSae: number;
  nPositive: number;
  sum: number;
  absolute: number;
  /** Σ |f| / ‖x‖; NaN without x */
  relative: number;
  hoyer: number;
  kappa4: number;
}

type MeanName =
  | "l0SaeLens"
  | "l1SaeLens"
  | "l1DictionaryLearning"
  | "l1OpenAi"
  | "hoyerOvercomplete"
  | "kappa4Overcomplete";

const notFinite = "its latents are not finite";

const means: Readonly<Record<MeanName, PeerFormula<BatchSums>>> = {
  l0SaeLens: { of: (sums) => sums.nPositive / sums.nRows, over: "tokens", reason: notFinite },
  l1SaeLens: { of: (sums) => sums.sum / sums.nRows, over: "tokens", reason: notFinite },
  l1DictionaryLearning: { of: (sums) => sums.absolute / sums.nRows, over: "batches", reason: notFinite },
  l1OpenAi: {
    of: (sums) => sums.relative / sums.nRows,
    over: "tokens",
    reason: "it came without x, or has a token of norm 0",
  },
  hoyerOvercomplete: {
    of: (sums) => sums.hoyer / sums.nRows,
    over: "tokens",
    reason: "its latents are not finite, or dSae is 1",
  },
  kappa4Overcomplete: { of: (sums) => sums.kappa4 / sums.nRows, over: "tokens", reason: notFinite },
};

/** Overcomplete's guard against division by 0. */
const epsilon = 1e-6;

function normOf(x: Float32Array, row: number, dIn: number): number {
  let square = 0;
  for (let d = row * dIn; d < (row + 1) * dIn; d++) square += (x[d] ?? 0) ** 2;
  return Math.sqrt(square);
}

function sumBatch({ latents, x }: PeerSparsityBatch): BatchSums {
  const { nRows, dSae, rowStarts, values } = latents;
  const sums: BatchSums = {
    nRows,
    dSae,
    nPositive: 0,
    sum: 0,
    absolute: 0,
    relative: 0,
    hoyer: 0,
    kappa4: 0,
  };
  const root = Math.sqrt(dSae);
  for (let row = 0; row < nRows; row++) {
    let [absolute, square, fourth] = [0, 0, 0];
    const end = rowStarts[row + 1] ?? 0;
    for (let j = rowStarts[row] ?? 0; j < end; j++) {
      const value = values[j] ?? 0;
      if (value > 0) sums.nPositive++;
      sums.sum += value;
      absolute += Math.abs(value);
      square += value * value;
      fourth += value ** 4;
    }
    sums.absolute += absolute;
    sums.relative += x === undefined ? Number.NaN : absolute / normOf(x, row, x.length / nRows);
    sums.hoyer += (root - absolute / (Math.sqrt(square) + epsilon)) / (root - 1);
    sums.kappa4 += fourth / (square * square + epsilon);
  }
  return sums;
}

function checkBatch({ latents, x, prompts }: PeerSparsityBatch, dSae: number): void {
  checkLatents(latents, dSae);
  const { nRows } = latents;
  const wholeRows = nRows === 0 ? x?.length === 0 : (x?.length ?? 0) % nRows === 0;
  const problem =
    x !== undefined && !wholeRows
      ? `expected x of ${nRows} tokens like latents, got ${x.length} values`
      : prompts !== undefined && prompts.length !== nRows
        ? `expected prompts of ${nRows} tokens like latents, got ${prompts.length}`
        : undefined;
  if (problem === undefined) return;
  throw new PlumblineError({
    code: "shape-mismatch",
    kind: "usage",
    message: `[metrics] add(): ${problem}`,
    hint: "hand over latents, x and prompts of the same tokens",
  });
}

type FiringName = Exclude<PeerSparsityMetricName, MeanName>;

function sharesOf(firings: PeerFirings): Record<FiringName, MetricValue> {
  const { nTokens, dSae, positives, sums } = firings;
  const share = (count: number): MetricValue =>
    nTokens === 0 ? notDefined("no tokens") : defined(count / dSae);
  const total = positives.reduce((a, b) => a + b, 0);
  const above = (limit: number): Float64Array => positives.filter((count) => count / nTokens > limit);
  const normalized = (limit: number): MetricValue =>
    nTokens === 0
      ? notDefined("no tokens")
      : { value: total === 0 ? 0 : above(limit).reduce((a, b) => a + b, 0) / total };
  return {
    freqOver1PercentSaeBench: share(above(0.01).length),
    freqOver10PercentSaeBench: share(above(0.1).length),
    normalizedFreqOver1PercentSaeBench: normalized(0.01),
    normalizedFreqOver10PercentSaeBench: normalized(0.1),
    fracAliveSaeBench: share(positives.filter((count) => count > 0).length),
    fracAliveDictionaryLearning: share(sums.filter((sum) => sum !== 0).length),
  };
}

/**
 * What other libraries report on the same latents, each under a name that says whose: L0 and L1 of SAELens, SAEBench,
 * dictionary_learning and OpenAI, SAEBench's shares of frequent and living latents, Overcomplete's Hoyer and kappa-4. For
 * comparing with numbers that they published; {@link createSparsityMetrics} has the ones to report.
 *
 * One call of `add` is one batch of theirs. Sums are float64. Where their formula gives NaN or an infinity, the number is
 * `{ value: null, reason }`.
 *
 * @param options `dSae`: number of latents
 * @throws PlumblineError `bad-option`
 * @source `peerSparsityDefinitions`; agrees with dictionary_learning 0.1.0, SAELens 6.18.0, SAEBench 0.6.0 and
 *   Overcomplete 0.3.0 in `fixtures/golden-metrics` to 1e-6
 * @example
 * import { createPeerSparsityMetrics } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const metrics = createPeerSparsityMetrics({ dSae: 2 });
 * metrics.add({ latents: sparseFromDense(Float32Array.of(1, 0, 0, -3), { nRows: 2, dSae: 2 }) });
 * const { l1SaeLens, l1DictionaryLearning } = metrics.result();
 * console.log(l1SaeLens, l1DictionaryLearning); // { value: -1 } { value: 2 }
 */
export function createPeerSparsityMetrics(options: { readonly dSae: number }): PeerSparsityMetrics {
  const { dSae } = options;
  checkCount(dSae, { from: "createPeerSparsityMetrics()", what: "dSae" });
  const accumulated = createPeerMeans(means);
  const firings = createPeerFirings(dSae);
  return {
    add: (batch) => {
      checkBatch(batch, dSae);
      if (batch.latents.nRows === 0) return;
      accumulated.add(sumBatch(batch), batch.latents.nRows);
      firings.add(batch.latents, batch.prompts);
    },
    result: () => {
      const { nTokens, nBatches } = accumulated;
      const { positives } = firings;
      return {
        ...accumulated.result(),
        ...sharesOf(firings),
        nTokens,
        nBatches,
        dSae,
        featureDensities: Array.from(positives, (count) => ratio(count, nTokens, "no tokens")),
        consistentActivationHeuristics: firings.consistentActivationHeuristics(),
      };
    },
  };
}

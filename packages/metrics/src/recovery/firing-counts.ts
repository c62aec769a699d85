import type { SparseLatents } from "@plumbline/core";
import { type MetricValue, notDefined } from "../values/metric-value.ts";

/** Latents as detectors of their best-matching true latents: means over latents. */
export interface FiringRecovery {
  readonly firingPrecision: MetricValue;
  readonly firingRecall: MetricValue;
  readonly firingF1: MetricValue;
  readonly firingAccuracy: MetricValue;
  /** latents that never fired, whose precision and recall count as 0 */
  readonly nSilentLatents: number;
  /** latents whose best match never fired, whose recall counts as 0 */
  readonly nSilentMatches: number;
}

/** Counts on how many tokens latents and their matches fire, together and apart. */
export interface FiringCounts {
  readonly nTokens: number;
  add(latents: SparseLatents, trueLatents: SparseLatents): void;
  result(): FiringRecovery;
}

function countFirings(latents: SparseLatents, counts: Float64Array): void {
  latents.indices.forEach((latent, j) => {
    if ((latents.values[j] ?? 0) > 0) counts[latent] = (counts[latent] ?? 0) + 1;
  });
}

/** @param bestTrue [F] true latent that each latent is held against, below `nTrue` */
export function createFiringCounts(bestTrue: Int32Array, nTrue: number): FiringCounts {
  const nFound = bestTrue.length;
  const firings = new Float64Array(nFound);
  const trueFirings = new Float64Array(nTrue);
  const together = new Float64Array(nFound);
  /** number of the newest token, from 1, on which each true latent fired */
  const newest = new Float64Array(nTrue);
  let nTokens = 0;

  const ratioOrZero = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  const result = (): FiringRecovery => {
    let [precisions, recalls, f1s, accuracies, nSilentLatents, nSilentMatches] = [0, 0, 0, 0, 0, 0];
    bestTrue.forEach((match, latent) => {
      const hits = together[latent] ?? 0;
      const fired = firings[latent] ?? 0;
      const wanted = trueFirings[match] ?? 0;
      const precision = ratioOrZero(hits, fired);
      const recall = ratioOrZero(hits, wanted);
      precisions += precision;
      recalls += recall;
      f1s += ratioOrZero(2 * precision * recall, precision + recall);
      // Neither fires on nTokens − fired − wanted + hits tokens; both on hits.
      accuracies += ratioOrZero(nTokens - fired - wanted + 2 * hits, nTokens);
      if (fired === 0) nSilentLatents++;
      if (wanted === 0) nSilentMatches++;
    });
    const mean = (sum: number): MetricValue =>
      nTokens === 0 ? notDefined("no tokens") : { value: sum / nFound };
    return {
      firingPrecision: mean(precisions),
      firingRecall: mean(recalls),
      firingF1: mean(f1s),
      firingAccuracy: mean(accuracies),
      nSilentLatents,
      nSilentMatches,
    };
  };

  return {
    get nTokens(): number {
      return nTokens;
    },
    add: (latents, trueLatents) => {
      countFirings(latents, firings);
      countFirings(trueLatents, trueFirings);
      for (let row = 0; row < latents.nRows; row++) {
        nTokens++;
        const trueEnd = trueLatents.rowStarts[row + 1] ?? 0;
        for (let j = trueLatents.rowStarts[row] ?? 0; j < trueEnd; j++) {
          if ((trueLatents.values[j] ?? 0) > 0) newest[trueLatents.indices[j] ?? 0] = nTokens;
        }
        const end = latents.rowStarts[row + 1] ?? 0;
        for (let j = latents.rowStarts[row] ?? 0; j < end; j++) {
          if (!((latents.values[j] ?? 0) > 0)) continue;
          const latent = latents.indices[j] ?? 0;
          if (newest[bestTrue[latent] ?? 0] === nTokens) together[latent] = (together[latent] ?? 0) + 1;
        }
      }
    },
    result,
  };
}

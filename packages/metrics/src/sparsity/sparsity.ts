import type { SparseLatents } from "@plumbline/core";
import { checkLatents } from "../values/check-latents.ts";
import { checkCount } from "../values/check-rows.ts";
import { type Confidence, confidenceOf } from "../values/confidence.ts";
import { type Distribution, distributionOfCounts } from "../values/distribution.ts";
import { type MetricValue, notDefined, ratio } from "../values/metric-value.ts";
import { createTokenBlocks } from "../values/token-blocks.ts";
import { type DensityResult, summarizeDensity } from "./density.ts";

/** Latents that fired and latents that did not, over a stated number of tokens. */
export interface DeadLatentsResult {
  /** latents silent for the last `nTokens` tokens */
  readonly count: MetricValue;
  /** the rest: `dSae − count` */
  readonly alive: MetricValue;
  /** tokens that a latent must be silent for; all tokens seen unless `deadAfterTokens` says otherwise */
  readonly nTokens: number;
}

/** How sparse the latents are, over all tokens seen. */
export interface SparsityResult {
  readonly nTokens: number;
  readonly dSae: number;
  /** latents that fire on a token, over tokens: mean, range, quantiles */
  readonly l0: Distribution;
  /** 95 % interval of the mean L0 by blocks of tokens */
  readonly confidence: Confidence<"l0">;
  readonly deadLatents: DeadLatentsResult;
  /** density over latents */
  readonly density: DensityResult;
}

/** Accumulates sparsity metrics; see {@link createSparsityMetrics}. */
export interface SparsityMetrics {
  /** @throws PlumblineError `shape-mismatch` for another dSae or broken row starts */
  add(latents: SparseLatents): void;
  readonly nTokens: number;
  /** [dSae] tokens on which each latent fired, so far; a copy */
  firings(): Float64Array;
  /** [dSae] fraction of tokens on which each latent fired; all 0 before the first token */
  densities(): Float64Array;
  result(): SparsityResult;
}

/**
 * Sparsity metrics over a stream of tokens: L0, density of every latent, dead latents. A latent fires on a token where its
 * value is not 0.
 *
 * Dead is a statement about a number of tokens, and the result carries that number: without `deadAfterTokens`, latents that
 * fired on none of the tokens seen; with it, latents silent for the last `deadAfterTokens` of them, undefined while fewer
 * were seen. Everything is counted token by token, so that batch sizes cannot matter.
 *
 * @param options `dSae`: number of latents
 * @throws PlumblineError `bad-option`
 * @example
 * import { createSparsityMetrics } from "@plumbline/metrics";
 * import { sparseFromDense } from "@plumbline/core";
 *
 * const metrics = createSparsityMetrics({ dSae: 3 });
 * metrics.add(sparseFromDense(Float32Array.of(1, 0, 0, 2, 3, 0), { nRows: 2, dSae: 3 }));
 * const { l0, deadLatents } = metrics.result();
 * console.log(l0.mean, deadLatents.count, deadLatents.nTokens); // { value: 1.5 } { value: 1 } 2
 */
export function createSparsityMetrics(options: {
  readonly dSae: number;
  /** tokens of silence after which a latent counts as dead; absent = all tokens seen */
  readonly deadAfterTokens?: number;
}): SparsityMetrics {
  const { dSae, deadAfterTokens } = options;
  checkCount(dSae, { from: "createSparsityMetrics()", what: "dSae" });
  if (deadAfterTokens !== undefined) {
    checkCount(deadAfterTokens, { from: "createSparsityMetrics()", what: "deadAfterTokens" });
  }
  const firings = new Float64Array(dSae);
  /** number of the newest token, from 1, on which each latent fired; 0 = never */
  const newestFiring = new Float64Array(dSae);
  const countByL0 = new Map<number, number>();
  const tokens = createTokenBlocks<{ l0: number }>({
    empty: () => ({ l0: 0 }),
    merge: ({ sums: a }, { sums: b }) => ({ l0: a.l0 + b.l0 }),
  });
  let nTokens = 0;

  const densities = (): Float64Array => firings.map((count) => (nTokens === 0 ? 0 : count / nTokens));
  const deadLatents = (): DeadLatentsResult => {
    const window = deadAfterTokens ?? nTokens;
    if (nTokens === 0 || nTokens < window) {
      const reason = nTokens === 0 ? "no tokens" : `saw ${nTokens} tokens, needs ${window}`;
      return { count: notDefined(reason), alive: notDefined(reason), nTokens: window };
    }
    let count = 0;
    for (const newest of newestFiring) if (newest <= nTokens - window) count++;
    return { count: { value: count }, alive: { value: dSae - count }, nTokens: window };
  };

  return {
    get nTokens(): number {
      return nTokens;
    },
    add: (latents) => {
      checkLatents(latents, dSae);
      for (let row = 0; row < latents.nRows; row++) {
        nTokens++;
        let l0 = 0;
        const end = latents.rowStarts[row + 1] ?? 0;
        for (let j = latents.rowStarts[row] ?? 0; j < end; j++) {
          if (latents.values[j] === 0) continue;
          const latent = latents.indices[j] ?? 0;
          l0++;
          firings[latent] = (firings[latent] ?? 0) + 1;
          newestFiring[latent] = nTokens;
        }
        countByL0.set(l0, (countByL0.get(l0) ?? 0) + 1);
        tokens.next().l0 += l0;
      }
    },
    firings: () => firings.slice(),
    densities,
    result: () => {
      const l0 = distributionOfCounts(countByL0, { reason: "no tokens" });
      const total = tokens.blocks.reduce((sum, { sums }) => sum + sums.l0, 0);
      return {
        nTokens,
        dSae,
        l0,
        confidence: confidenceOf(tokens.blocks, { l0: l0.mean }, (index) => {
          const block = tokens.blocks[index];
          const rest = nTokens - (block?.nTokens ?? 0);
          return { l0: ratio(total - (block?.sums.l0 ?? 0), rest, "no tokens") };
        }),
        deadLatents: deadLatents(),
        density: summarizeDensity(densities(), { nTokens }),
      };
    },
  };
}

import type { MetricValue } from "./metric-value.ts";
import { studentQuantile } from "./student-quantile.ts";

/** Tokens in a row, and what was summed over them. */
export interface TokenBlock<S> {
  nTokens: number;
  sums: S;
}

/** Tokens cut into blocks of equal length; see {@link createTokenBlocks}. */
export interface TokenBlocks<S> {
  /** in the order of the tokens; the last may be shorter */
  readonly blocks: readonly TokenBlock<S>[];
  /** counts one more token and gives the sums that it belongs to */
  next(): S;
}

const firstBlockTokens = 16;
const maxBlocks = 128;

/**
 * Cuts a stream of tokens into blocks by their number, so that batches cannot matter. Blocks begin with 16 tokens; whenever there
 * are 128, each two become one, so that memory does not grow and blocks of a long stream are longer than what tokens
 * near each other have in common.
 *
 * @param options `empty`: sums of no tokens; `merge`: of two blocks, in order
 */
export function createTokenBlocks<S>(options: {
  readonly empty: () => S;
  readonly merge: (first: TokenBlock<S>, second: TokenBlock<S>) => S;
}): TokenBlocks<S> {
  const { empty, merge } = options;
  const blocks: TokenBlock<S>[] = [];
  let blockTokens = firstBlockTokens;
  const halve = (): void => {
    for (let i = 0; i < maxBlocks / 2; i++) {
      const [first, second] = [blocks[2 * i] as TokenBlock<S>, blocks[2 * i + 1] as TokenBlock<S>];
      blocks[i] = { nTokens: first.nTokens + second.nTokens, sums: merge(first, second) };
    }
    blocks.length = maxBlocks / 2;
    blockTokens *= 2;
  };
  return {
    blocks,
    next: () => {
      let last = blocks.at(-1);
      if (last === undefined || last.nTokens === blockTokens) {
        if (blocks.length === maxBlocks) halve();
        last = { nTokens: 0, sums: empty() };
        blocks.push(last);
      }
      last.nTokens++;
      return last.sums;
    },
  };
}

/** A 95 % confidence interval, or why there is none. */
export type MetricInterval =
  | { readonly standardError: number; readonly low: number; readonly high: number }
  | { readonly value: null; readonly reason: string };

const noInterval = (reason: string): MetricInterval => ({ value: null, reason });

/** Blocks that an interval needs: with fewer, their spread says little. */
const fewestBlocks = 8;

/**
 * Confidence of a number over all tokens, from what it would be without each block: the delete-m jackknife for blocks of unequal
 * size, with Student's distribution. Valid for ratios of sums too, which means over blocks would bias.
 *
 * @param whole the number over all tokens
 * @param without the number over all tokens but those of block i
 * @source Busing, Meijer & van der Leeden, "Delete-m jackknife for unequal m", Statistics and Computing 9 (1999)
 */
export function jackknife(
  blocks: readonly { readonly nTokens: number }[],
  whole: MetricValue,
  without: (block: number) => MetricValue,
): MetricInterval {
  if (whole.value === null) return whole;
  const estimate = whole.value;
  const nBlocks = blocks.length;
  if (nBlocks < fewestBlocks) return noInterval(`needs ${fewestBlocks} blocks of tokens, has ${nBlocks}`);
  const nTokens = blocks.reduce((sum, block) => sum + block.nTokens, 0);
  const parts: { value: number; share: number }[] = [];
  for (const [i, block] of blocks.entries()) {
    const { value } = without(i);
    if (value === null) return noInterval("it has no value without some block of tokens");
    parts.push({ value, share: block.nTokens / nTokens });
  }
  const centre = parts.reduce((sum, { value, share }) => sum - (1 - share) * value, nBlocks * estimate);
  const variance =
    parts.reduce((sum, { value, share }) => {
      const pseudo = estimate / share - (1 / share - 1) * value;
      return sum + (pseudo - centre) ** 2 / (1 / share - 1);
    }, 0) / nBlocks;
  const standardError = Math.sqrt(variance);
  const half = studentQuantile(nBlocks - 1) * standardError;
  if (!Number.isFinite(half)) return noInterval("the result is not finite");
  return { standardError, low: estimate - half, high: estimate + half };
}

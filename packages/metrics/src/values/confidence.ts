import type { MetricValue } from "./metric-value.ts";
import { jackknife, type MetricInterval } from "./token-blocks.ts";

/** 95 % confidence intervals of several metrics, from blocks of tokens. */
export interface Confidence<Name extends string> {
  readonly level: 0.95;
  readonly nBlocks: number;
  /** tokens of the longest block */
  readonly blockTokens: number;
  readonly intervals: Readonly<Record<Name, MetricInterval>>;
}

/** Intervals of `metrics` by the jackknife; `without` gives the same metrics without a block. */
export function confidenceOf<Name extends string>(
  blocks: readonly { readonly nTokens: number }[],
  metrics: Readonly<Record<Name, MetricValue>>,
  without: (block: number) => Readonly<Record<Name, MetricValue>>,
): Confidence<Name> {
  const rest = blocks.map((_, block) => without(block));
  const names = Object.keys(metrics) as Name[];
  const intervals = Object.fromEntries(
    names.map((name) => [
      name,
      jackknife(blocks, metrics[name], (block) => (rest[block] as (typeof rest)[number])[name]),
    ]),
  ) as Record<Name, MetricInterval>;
  const blockTokens = blocks.reduce((most, { nTokens }) => Math.max(most, nTokens), 0);
  return { level: 0.95, nBlocks: blocks.length, blockTokens, intervals };
}

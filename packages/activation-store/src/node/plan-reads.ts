/** Consecutive rows of one shard that are read at once, and which of the wanted rows are among them. */
export interface ReadSpan {
  readonly shard: number;
  /** first row, counted in the shard */
  readonly start: number;
  readonly count: number;
  /** the wanted rows in it are those at `order[from]` … `order[to − 1]` */
  readonly from: number;
  readonly to: number;
}

/** First rows of shards, and the number of rows after the last one. */
export function shardStartsOf(shards: readonly { readonly nRows: number }[]): readonly number[] {
  const starts = [0];
  for (const { nRows } of shards) starts.push((starts.at(-1) ?? 0) + nRows);
  return starts;
}

/** The shard that holds a row. */
export function shardOf(row: number, starts: readonly number[]): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Turns wanted rows into few reads in the order of the files: rows are sorted, and those of one shard that lie close
 * together become one span.
 *
 * @param indices wanted rows, any order, repeats allowed
 * @param options.starts as {@link shardStartsOf} gives them
 * @param options.maxGap unwanted rows that are read along rather than starting another read
 * @param options.maxCount rows in a span
 * @returns spans, and the places in `indices` sorted by row
 */
export function planReads(
  indices: Uint32Array,
  options: { readonly starts: readonly number[]; readonly maxGap: number; readonly maxCount: number },
): { readonly order: Uint32Array; readonly spans: readonly ReadSpan[] } {
  const { starts, maxGap, maxCount } = options;
  const order = Uint32Array.from(indices, (_, place) => place);
  order.sort((a, b) => (indices[a] ?? 0) - (indices[b] ?? 0));
  const spans: ReadSpan[] = [];
  for (let from = 0; from < order.length; ) {
    const first = indices[order[from] ?? 0] ?? 0;
    const shard = shardOf(first, starts);
    const base = starts[shard] ?? 0;
    const limit = Math.min(starts[shard + 1] ?? 0, first + maxCount);
    let last = first;
    let to = from + 1;
    for (; to < order.length; to++) {
      const row = indices[order[to] ?? 0] ?? 0;
      if (row >= limit || row - last - 1 > maxGap) break;
      last = row;
    }
    spans.push({ shard, start: first - base, count: last - first + 1, from, to });
    from = to;
  }
  return { order, spans };
}

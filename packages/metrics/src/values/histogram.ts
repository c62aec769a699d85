import { PlumblineError } from "@plumbline/core";

/** Counts of numbers between edges. */
export interface Histogram {
  /** ascending; one more than `counts` */
  readonly edges: readonly number[];
  /** `counts[i]` numbers lie in `[edges[i], edges[i + 1])`; the last bin holds its upper edge too */
  readonly counts: readonly number[];
  readonly nBelow: number;
  readonly nAbove: number;
}

/** Bin of `value`: −1 below the first edge, `nBins` above the last. */
function binOf(value: number, edges: readonly number[]): number {
  const nBins = edges.length - 1;
  if (value === edges[nBins]) return nBins - 1;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Counts how many of `values` lie between each two edges.
 *
 * @param edges ascending, at least two
 * @returns `nBelow + Σ counts + nAbove` is the number of values; NaN is refused
 * @throws PlumblineError `bad-option` for edges that do not ascend, `not-finite` for NaN among the values
 * @example
 * import { histogramOf } from "@plumbline/metrics";
 *
 * console.log(histogramOf([0, 0.5, 1, 3], [0, 0.5, 1])); // { edges: [ 0, 0.5, 1 ], counts: [ 1, 2 ], nBelow: 0, nAbove: 1 }
 */
export function histogramOf(values: Iterable<number>, edges: readonly number[]): Histogram {
  const ascending = edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? 0));
  if (edges.length < 2 || !ascending) {
    throw new PlumblineError({
      code: "bad-option",
      kind: "usage",
      message: `[metrics] histogramOf(): expected at least two ascending edges, got ${edges.join(", ") || "none"}`,
    });
  }
  const counts = new Array<number>(edges.length - 1).fill(0);
  let nBelow = 0;
  let nAbove = 0;
  for (const value of values) {
    if (Number.isNaN(value)) {
      throw new PlumblineError({
        code: "not-finite",
        kind: "input",
        message: "[metrics] histogramOf(): expected numbers, got NaN",
      });
    }
    const bin = binOf(value, edges);
    if (bin < 0) nBelow++;
    else if (bin >= counts.length) nAbove++;
    else counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges: [...edges], counts, nBelow, nAbove };
}

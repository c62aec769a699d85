import { type MetricValue, notDefined, ratio } from "../values/metric-value.ts";

/** A mean over positions that come in sequences. */
export interface SequenceMean {
  /** takes the sum over the `n` positions of the next sequence; a sequence without positions does not count */
  add(sum: number, n: number): void;
  /** positions so far */
  readonly nPositions: number;
  /** sequences with positions so far */
  readonly nSequences: number;
  mean(): MetricValue;
  /** of the mean, sequences being independent draws and positions within one not */
  standardError(): MetricValue;
}

/**
 * Mean over positions with its standard error over sequences, which may differ in length.
 *
 * @param what names the number in the reason where it is not finite
 * @source the ratio estimator: Cochran, Sampling Techniques, 3rd edition, chapter 6
 */
export function createSequenceMean(what: string): SequenceMean {
  // Two numbers a sequence: deviations need the mean, which is known last, and sums of squares would cancel.
  const sums: number[] = [];
  const counts: number[] = [];
  let total = 0;
  let nPositions = 0;
  let nSeen = 0;
  let firstNotFinite: number | undefined;

  const problem = (): string | undefined => {
    if (nPositions === 0) return "no positions";
    return firstNotFinite === undefined
      ? undefined
      : `${what} is not finite, first in sequence ${firstNotFinite}`;
  };
  return {
    get nPositions(): number {
      return nPositions;
    },
    get nSequences(): number {
      return sums.length;
    },
    add: (sum, n) => {
      if (!Number.isFinite(sum)) firstNotFinite ??= nSeen;
      nSeen++;
      if (n === 0) return;
      sums.push(sum);
      counts.push(n);
      total += sum;
      nPositions += n;
    },
    mean: () => {
      const reason = problem();
      return reason === undefined ? ratio(total, nPositions, "no positions") : notDefined(reason);
    },
    standardError: () => {
      const reason = problem() ?? (sums.length < 2 ? "needs 2 sequences with positions" : undefined);
      if (reason !== undefined) return notDefined(reason);
      const mean = total / nPositions;
      let squares = 0;
      sums.forEach((sum, i) => {
        squares += (sum - mean * (counts[i] ?? 0)) ** 2;
      });
      return { value: Math.sqrt((sums.length / (sums.length - 1)) * squares) / nPositions };
    },
  };
}

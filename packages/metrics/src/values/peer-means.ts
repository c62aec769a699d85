import { defined, type MetricValue, notDefined } from "./metric-value.ts";

/** A number that a library takes batch by batch and then averages. */
export interface PeerFormula<Sums> {
  /** the batch's own number */
  readonly of: (sums: Sums) => number;
  /** what the average counts: every batch once, or every token once */
  readonly over: "batches" | "tokens";
  /** why a batch may have no number, said of the batch */
  readonly reason: string;
}

/** Accumulates {@link PeerFormula}s. */
export interface PeerMeans<Name extends string, Sums> {
  /** `nRows` at least 1 */
  add(sums: Sums, nRows: number): void;
  readonly nTokens: number;
  readonly nBatches: number;
  result(): Record<Name, MetricValue>;
}

/** Averages over batches in the two ways that libraries have; a batch without a number leaves the average without one. */
export function createPeerMeans<Name extends string, Sums>(
  formulas: Readonly<Record<Name, PeerFormula<Sums>>>,
): PeerMeans<Name, Sums> {
  const names = Object.keys(formulas) as Name[];
  const totals = new Map<Name, number>(names.map((name) => [name, 0]));
  const firstWithout = new Map<Name, number>();
  let nTokens = 0;
  let nBatches = 0;
  return {
    get nTokens(): number {
      return nTokens;
    },
    get nBatches(): number {
      return nBatches;
    },
    add: (sums, nRows) => {
      for (const name of names) {
        const { of, over } = formulas[name];
        const value = of(sums);
        if (!Number.isFinite(value) && !firstWithout.has(name)) firstWithout.set(name, nBatches);
        totals.set(name, (totals.get(name) ?? 0) + value * (over === "tokens" ? nRows : 1));
      }
      nTokens += nRows;
      nBatches++;
    },
    result: () => {
      const numberOf = (name: Name): MetricValue => {
        if (nBatches === 0) return notDefined("no tokens");
        const bad = firstWithout.get(name);
        const { over, reason } = formulas[name];
        if (bad !== undefined) return notDefined(`batch ${bad} has no value: ${reason}`);
        return defined((totals.get(name) ?? 0) / (over === "tokens" ? nTokens : nBatches));
      };
      return Object.fromEntries(names.map((name) => [name, numberOf(name)])) as Record<Name, MetricValue>;
    },
  };
}

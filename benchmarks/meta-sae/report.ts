import { type Cell, penaltyKey } from "./cells.ts";
import { published } from "./published.ts";
import type { Outcome } from "./train-cell.ts";

/** A cell with what came of it. */
export interface Result {
  readonly cell: Cell;
  readonly outcome: Outcome;
}

const signed = (value: number, digits: number): string =>
  `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)}`;

/** `−0.68 ± 0.11`: mean and sample standard deviation. */
function withSpread(values: readonly number[], show: (mean: number) => string, digits: number): string {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return n < 2 ? show(mean) : `${show(mean)} ± ${Math.sqrt(squares / (n - 1)).toFixed(digits)}`;
}

/** Rows of a table for one kind of primary: changes against the same seed alone, beside what is published. */
export function reportRows(results: readonly Result[], isAligned: boolean): readonly (readonly string[])[] {
  const own = results.filter(({ cell }) => cell.aligned === isAligned);
  const solo = new Map(
    own.flatMap(({ cell, outcome }) => (cell.penalty ? [] : [[cell.seed, outcome] as const])),
  );
  const groups = new Map<string, Result[]>();
  for (const result of own) {
    const key = result.cell.penalty === undefined ? "alone" : penaltyKey(result.cell.penalty);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const rows = [...groups].map(([key, list]) => {
    const of = (what: (outcome: Outcome) => number): number[] => list.map(({ outcome }) => what(outcome));
    const change = (what: (outcome: Outcome) => number): number[] =>
      list.flatMap(({ cell, outcome }) => {
        const alone = solo.get(cell.seed);
        return alone === undefined ? [] : [100 * (what(outcome) / what(alone) - 1)];
      });
    const phi = (outcome: Outcome): number => outcome.meanAbsPhi;
    const unexplained = (outcome: Outcome): number => 1 - outcome.explainedVariance;
    const theirs = published[key];
    const percent = (values: readonly number[]): string => withSpread(values, (mean) => signed(mean, 2), 2);
    return [
      key,
      key === "alone"
        ? withSpread(
            of(phi).map((value) => 1000 * value),
            (mean) => mean.toFixed(3),
            3,
          )
        : percent(change(phi)),
      theirs === undefined ? "" : signed(theirs.phi, 1),
      key === "alone"
        ? withSpread(of(unexplained), (mean) => mean.toFixed(4), 4)
        : percent(change(unexplained)),
      theirs === undefined ? "" : signed(theirs.unexplained, 1),
      withSpread(
        of(({ l0 }) => l0),
        (mean) => mean.toFixed(2),
        2,
      ),
      of(({ nDead }) => nDead).join(" "),
    ];
  });
  const head = ["λ₂/σ²", "mean |φ|, %", "published", "unexplained, %", "published", "L0", "dead"];
  return [head, ...rows];
}

import { configFields, families, levels } from "../core/layout.ts";
import type { Plan } from "./plan.ts";

/** Sizes of nested groups as `matryoshka-batch-topk` cuts them: each fraction's whole part, the last group takes the rest. */
function groupEnds(fractions: readonly number[], dSae: number): number[] {
  // A fraction written as n / dSae must give n, which its rounded product may just miss.
  const sizes = fractions.slice(0, -1).map((fraction) => Math.floor(fraction * dSae + 1e-9));
  let end = 0;
  const ends = sizes.map((size) => {
    end += size;
    return end;
  });
  return [...ends, dSae];
}

/** How the encoder product is screened. */
export type Level = (typeof levels)[number];

/** The numbers that describe an engine to the core. */
export function coreConfig(
  numbers: Readonly<Record<string, number>>,
  options: {
    readonly family: (typeof families)[number];
    readonly dIn: number;
    readonly dSae: number;
    readonly k: number;
    readonly level: Level;
    readonly groups?: Plan["groups"];
  },
): Float64Array {
  const { family, dIn, dSae, k, level, groups } = options;
  const ends = groups === undefined ? [dSae] : groupEnds(groups.fractions, dSae);
  const weights = groups === undefined ? [1] : groups.weights;
  const named: Readonly<Record<string, number>> = {
    ...numbers,
    dIn,
    dSae,
    family: families.indexOf(family),
    k,
    level: levels.indexOf(level),
    groups: ends.length,
  };
  return Float64Array.from([
    ...configFields.map((name) => named[name] ?? 0),
    ...ends.flatMap((end, i) => [end, weights[i] ?? 0]),
  ]);
}

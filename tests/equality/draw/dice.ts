import type { Random } from "@plumbline/core";

/** What a case is drawn with. */
export interface Dice {
  readonly random: Random;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  between(low: number, high: number): number;
  /** 10^u, u uniform */
  power(low: number, high: number): number;
  /** 1 … most: evenly, evenly in the logarithm, or beside a power of two */
  size(most: number): number;
}

export function diceOf(random: Random): Dice {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const pick = <T>(choices: readonly T[]): T => choices[random.integer(choices.length)] as T;
  const size = (most: number): number => {
    const u = random.uniform();
    if (u < 0.2) return 1 + random.integer(most);
    if (u < 0.35) {
      const near = 2 ** random.integer(Math.floor(Math.log2(most)) + 1) + pick([-1, 0, 1]);
      return Math.min(most, Math.max(1, near));
    }
    return Math.min(most, Math.max(1, Math.round(Math.exp(between(0, Math.log(most))))));
  };
  return {
    random,
    chance: (probability) => random.uniform() < probability,
    pick,
    between,
    power: (low, high) => 10 ** between(low, high),
    size,
  };
}

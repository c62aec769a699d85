import type { Measured } from "../rounds.ts";
import { summarize } from "./numbers.ts";

/** Milliseconds of one work, by clock. */
export interface Costs {
  readonly cpuMin: number;
  readonly cpuMedian: number;
  readonly wallMin: number;
  readonly wallMedian: number;
}

export const costNames: readonly (keyof Costs)[] = ["cpuMin", "cpuMedian", "wallMin", "wallMedian"];

/** What a participant's turns took, or nothing where it has not done this work. */
export function costsOf(measured: Measured, work: string): Costs | undefined {
  const times = measured.times[work];
  if (times === undefined || times.cpuMs.length === 0) return undefined;
  const [cpu, wall] = [summarize(times.cpuMs), summarize(times.wallMs)];
  return { cpuMin: cpu.min, cpuMedian: cpu.median, wallMin: wall.min, wallMedian: wall.median };
}

function eachCost(make: (name: keyof Costs) => number): Costs {
  return {
    cpuMin: make("cpuMin"),
    cpuMedian: make("cpuMedian"),
    wallMin: make("wallMin"),
    wallMedian: make("wallMedian"),
  };
}

/** The least that any interpreter took for a variant, each number for itself; nothing where none ran it. */
export function fastest(all: readonly Measured[], variant: string, work: string): Costs | undefined {
  const costs = all.filter((one) => one.variant === variant).flatMap((one) => costsOf(one, work) ?? []);
  if (costs.length === 0) return undefined;
  return eachCost((name) => Math.min(...costs.map((one) => one[name])));
}

/** One divided by the other, number by number. */
export function ratios(above: Costs, below: Costs): Costs {
  return eachCost((name) => above[name] / below[name]);
}

/** The ratio that bounds are held against: CPU time with one thread, wall time with several, since waiting threads may spin. */
export function decisive(costs: Costs, threads: number): number {
  return threads === 1 ? costs.cpuMin : costs.wallMin;
}

/** Peak memory over the baseline, which is what training took. */
export function peakOf({ memory }: Measured): number {
  return memory.peakBytes - memory.baselineBytes;
}

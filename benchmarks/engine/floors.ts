import type { EngineName } from "./engines.ts";

type Floors = Readonly<Record<string, Readonly<Partial<Record<EngineName, number>>>>>;

/** How many times faster than PyTorch a TopK step has to be, by workload and engine. */
export const stepFloors: Floors = {
  W1: { "native fp32": 5, "native auto": 10, "native wasm": 2, "native-tfjs": 0.5 },
  W2: { "native fp32": 4, "native auto": 6.5, "native wasm": 1.5, "native-tfjs": 0.5 },
};

/** How much longer an aligned TopK step may take than a free one. */
export const alignedCeilings: Readonly<Partial<Record<EngineName, number>>> = {
  "native fp32": 1.02,
  "native auto": 1.06,
};

/** The share of PyTorch's peak memory that ours may have at the largest width. */
export const memoryCeiling = { dSae: 65_536, ratio: 0.4 } as const;

/** A bound that was held against a measurement. */
export interface Verdict {
  /** what was measured, as `W1 topk, clip off: native fp32` */
  readonly what: string;
  readonly measured: number;
  readonly bound: string;
  readonly ok: boolean;
}

/** A verdict on a ratio that has to reach a floor, or stay at or under a ceiling. */
export function judge(
  what: string,
  measured: number,
  bound: { readonly floor: number } | { readonly ceiling: number },
): Verdict {
  if ("floor" in bound) return { what, measured, bound: `≥ ${bound.floor}`, ok: measured >= bound.floor };
  return { what, measured, bound: `≤ ${bound.ceiling}`, ok: measured <= bound.ceiling };
}

/** `≥ 5 ok` or `≥ 5 missed`, and nothing where nothing was asked. */
export function verdictText(verdict: Verdict | undefined): string {
  return verdict === undefined ? "" : `${verdict.bound} ${verdict.ok ? "ok" : "missed"}`;
}

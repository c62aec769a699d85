import type { Sizes } from "./protocol.ts";

/** Sizes that everything is measured at. */
export interface Workload {
  readonly name: string;
  readonly sizes: Sizes;
  /** measured rounds where the options do not say */
  readonly rounds: number;
  /** widths of the scaling table; none for a workload that has no such table */
  readonly widths: readonly number[];
  /** runs only where `--only` names it */
  readonly onlyOnRequest: boolean;
}

/**
 * W1 is what an SAE on a model of GPT-2's width costs, W2 one on a small model, `small` one that plain JavaScript can train,
 * `tiny` a check that everything runs.
 */
export const workloads: readonly Workload[] = [
  {
    name: "W1",
    sizes: { batchSize: 2048, dIn: 768, dSae: 16_384, k: 32 },
    rounds: 5,
    widths: [4096, 8192, 16_384, 32_768, 65_536],
    onlyOnRequest: false,
  },
  {
    name: "W2",
    sizes: { batchSize: 1024, dIn: 512, dSae: 4096, k: 32 },
    rounds: 10,
    widths: [],
    onlyOnRequest: false,
  },
  {
    name: "small",
    sizes: { batchSize: 128, dIn: 128, dSae: 512, k: 16 },
    rounds: 20,
    widths: [],
    onlyOnRequest: true,
  },
  {
    name: "tiny",
    sizes: { batchSize: 32, dIn: 16, dSae: 96, k: 4 },
    rounds: 2,
    widths: [96, 192],
    onlyOnRequest: true,
  },
];

/** Sizes in words. */
export function sizesText({ batchSize, dIn, dSae, k }: Sizes): string {
  return `B ${batchSize}, dIn ${dIn}, dSae ${dSae}, k ${k}`;
}

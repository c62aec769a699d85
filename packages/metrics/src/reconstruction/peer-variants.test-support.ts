import { type PeerReconstructionMetricName, peerReconstructionDefinitions } from "./peer-definitions.ts";
import { createPeerReconstructionMetrics, type PeerReconstructionResult } from "./peer-variants.ts";

// One input on which the formulas that go by the name of explained variance in the field all differ.
export const goldenX: readonly number[] = [1, 2, 3, 2, 0, 1, 4, 1, 0, 1, 1, 2];
const goldenR = [0.5, 0, 0.5, 0.5, 0, 0.25, 0.5, 0.25, 0, 0.5, -0.25, 0.25];
export const goldenXHat: readonly number[] = goldenX.map((x, i) => x - (goldenR[i] ?? 0));

export const names: readonly PeerReconstructionMetricName[] = Object.keys(
  peerReconstructionDefinitions,
) as PeerReconstructionMetricName[];

/** `[x, xHat]` of each batch. */
export type Batch = readonly [x: ArrayLike<number>, xHat: ArrayLike<number>];

export function measure(dIn: number, ...batches: readonly Batch[]): PeerReconstructionResult {
  const metrics = createPeerReconstructionMetrics({ dIn });
  for (const [x, xHat] of batches) {
    metrics.add({ x: Float32Array.from(x), xHat: Float32Array.from(xHat) });
  }
  return metrics.result();
}

/** Names whose numbers differ by more than the tolerance, relative to the larger of the number and 1. */
export function differing(
  a: PeerReconstructionResult,
  b: PeerReconstructionResult,
  tolerance: number,
): string[] {
  return names.filter((name) => {
    const [one, other] = [a[name].value, b[name].value];
    if (one === null || other === null) return one !== other;
    return Math.abs(one - other) > tolerance * Math.max(1, Math.abs(one));
  });
}

export const withoutValue = (result: PeerReconstructionResult): string[] =>
  names.filter((name) => result[name].value === null);

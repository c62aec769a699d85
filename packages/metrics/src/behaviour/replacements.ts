import type { HookBatch, ReplaceActivations } from "@plumbline/core";
import { PlumblineError, type SaeInference } from "@plumbline/core";
import { modelBroken } from "./checked-run.ts";

/** Whether the activations of a token stay as they are. */
export type KeepsToken = (token: number) => boolean;

/** Visits the positions of a hook batch with their tokens. */
export function eachPosition(
  batch: HookBatch,
  sequences: readonly Int32Array[],
  visit: (row: number, token: number) => void,
): void {
  const { firstSequence, nSequences } = batch;
  let row = 0;
  for (const sequence of sequences.slice(firstSequence, firstSequence + nSequences)) {
    for (const token of sequence) visit(row++, token);
  }
}

/** @throws PlumblineError `model-broken` where a model hands over other rows than its sequences have positions */
export function checkHookBatch(batch: HookBatch, sequences: readonly Int32Array[], dIn: number): void {
  let nPositions = 0;
  eachPosition(batch, sequences, () => nPositions++);
  if (batch.activations.length === nPositions * dIn && nPositions > 0) return;
  throw modelBroken(
    `expected activations of ${nPositions} positions × ${dIn} for sequences ${batch.firstSequence} … ${batch.firstSequence + batch.nSequences - 1}, got ${batch.activations.length} values`,
    "SplicedModel.run() must hand whole sequences to replace(), without padding",
  );
}

/** Copies the activations of kept tokens over `replacement`, in place. */
function restoreKept(
  replacement: Float32Array,
  batch: HookBatch,
  from: { sequences: readonly Int32Array[]; dIn: number; keeps: KeepsToken },
): Float32Array {
  const { sequences, dIn, keeps } = from;
  eachPosition(batch, sequences, (row, token) => {
    if (!keeps(token)) return;
    replacement.set(batch.activations.subarray(row * dIn, (row + 1) * dIn), row * dIn);
  });
  return replacement;
}

/** Replaces activations by their reconstruction. */
export function reconstructionOf(
  inference: SaeInference,
  options: { readonly sequences: readonly Int32Array[]; readonly keeps: KeepsToken },
): ReplaceActivations {
  const { dIn } = inference;
  return async (batch) => {
    checkHookBatch(batch, options.sequences, dIn);
    const xHat = await inference.decode(await inference.encode(batch.activations));
    if (xHat.length !== batch.activations.length) {
      throw new PlumblineError({
        code: "shape-mismatch",
        kind: "bug",
        message: `[metrics] evaluateBehaviour(): expected a reconstruction of ${batch.activations.length} values from decode(), got ${xHat.length}`,
      });
    }
    return restoreKept(xHat.slice(), batch, { ...options, dIn });
  };
}

/** Replaces activations by one vector [dIn]. */
export function constantVector(
  vector: Float32Array,
  options: { readonly sequences: readonly Int32Array[]; readonly keeps: KeepsToken },
): ReplaceActivations {
  const dIn = vector.length;
  return (batch) => {
    checkHookBatch(batch, options.sequences, dIn);
    const rows = new Float32Array(batch.activations.length);
    for (let start = 0; start < rows.length; start += dIn) rows.set(vector, start);
    return restoreKept(rows, batch, { ...options, dIn });
  };
}

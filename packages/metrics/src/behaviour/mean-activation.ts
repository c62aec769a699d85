import type { SplicedModel } from "@plumbline/core";
import { createColumnMoments } from "../values/column-moments.ts";
import { checkedRun } from "./checked-run.ts";
import { checkHookBatch, eachPosition, type KeepsToken } from "./replacements.ts";

/** Adds the activations of positions that an ablation replaces. */
export interface MeanActivation {
  readonly nPositions: number;
  add(sequences: readonly Int32Array[], signal: AbortSignal | undefined): Promise<void>;
  /** [dIn]; zeros before the first position */
  mean(): Float32Array;
}

/** Measures the mean activation of a model at its hook point, in float64, over positions that are not kept. */
export function createMeanActivation(model: SplicedModel, keeps: KeepsToken): MeanActivation {
  const { dIn } = model;
  const moments = createColumnMoments(dIn);
  return {
    get nPositions(): number {
      return moments.nRows;
    },
    add: async (sequences, signal) => {
      const run = checkedRun(model, sequences, {
        replace: (batch) => {
          checkHookBatch(batch, sequences, dIn);
          eachPosition(batch, sequences, (row, token) => {
            if (!keeps(token)) moments.addRow(batch.activations, row * dIn);
          });
          return batch.activations;
        },
        signal,
      });
      // Logits are thrown away; asking for them is what makes the model run.
      for await (const _ of run) signal?.throwIfAborted();
    },
    mean: () => Float32Array.from(moments.mean),
  };
}

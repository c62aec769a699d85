import type { ActivationStore } from "@plumbline/activation-store/node";
import type { Backend, InferenceForm, SaeInference, SparseLatents } from "@plumbline/core";
import { type ActionContext, clockOf } from "@plumbline/extract/terminal";
import {
  type Cooccurrence,
  type CooccurrenceResult,
  type CrossCooccurrenceResult,
  createReconstructionMetrics,
  createSparsityMetrics,
  type ReconstructionResult,
  type SparsityResult,
} from "@plumbline/metrics";
import type { Tensor } from "@tensorflow/tfjs-core";
import { firstRows } from "../eval/store-batches.ts";
import { createPairCounts } from "./count-pairs.ts";

/** What was measured of one of the two SAEs. */
export interface MeasuredSide {
  readonly reconstruction: ReconstructionResult;
  readonly sparsity: SparsityResult;
  readonly cooccurrence: CooccurrenceResult;
}

/** Two SAEs on the same tokens. */
export interface MeasuredPair {
  readonly a: MeasuredSide;
  readonly b: MeasuredSide;
  readonly across: CrossCooccurrenceResult;
}

/** Candidates for splitting and merging fire on at most this fraction of tokens: dense latents have a large φ with many. */
export const maxFiringRate = 0.05;

function createSide(inference: SaeInference, cooccurrence: Cooccurrence) {
  const { dIn, dSae } = inference;
  const reconstruction = createReconstructionMetrics({ dIn });
  const sparsity = createSparsityMetrics({ dSae });
  return {
    take: async (x: Float32Array): Promise<SparseLatents> => {
      const latents = await inference.encode(x);
      reconstruction.add({ x, xHat: await inference.decode(latents) });
      sparsity.add(latents);
      cooccurrence.add(latents);
      return latents;
    },
    result: (top: number): MeasuredSide => ({
      reconstruction: reconstruction.result(),
      sparsity: sparsity.result(),
      cooccurrence: cooccurrence.result({ top }),
    }),
  };
}

/**
 * Measures two SAEs on the first tokens of a store, each batch by both before the next is read.
 *
 * @param options `top`: pairs of latents and candidates that are named one by one
 * @throws PlumblineError `limit-exceeded`, `out-of-memory` where there are too many pairs of latents; the signal's reason
 */
export async function measurePair(
  [formA, formB]: readonly [InferenceForm, InferenceForm],
  options: Pick<ActionContext<object>, "io" | "output"> & {
    readonly backend: Backend<Tensor>;
    readonly store: ActivationStore;
    readonly nTokens: number;
    readonly top: number;
  },
): Promise<MeasuredPair> {
  const { io, output, backend, store, nTokens, top } = options;
  const counts = createPairCounts(formA.dSae, formB.dSae);
  const opened: SaeInference[] = [];
  const open = async (form: InferenceForm): Promise<SaeInference> => {
    const inference = await backend.openInference(form);
    opened.push(inference);
    return inference;
  };
  const clock = clockOf(io);
  const start = clock();
  try {
    const a = createSide(await open(formA), counts.withinA);
    const b = createSide(await open(formB), counts.withinB);
    io.signal?.throwIfAborted();
    for await (const x of firstRows(store, nTokens, Math.max(formA.dSae, formB.dSae))) {
      counts.across.add({ a: await a.take(x), b: await b.take(x) });
      const done = counts.across.nTokens;
      const perSecond = Math.round((done * 1000) / Math.max(1, clock() - start));
      output.progress(`${done}/${nTokens} tok · ${perSecond} tok/s`, done / nTokens);
      io.signal?.throwIfAborted();
    }
    output.progress("summing up all pairs of latents");
    return {
      a: a.result(top),
      b: b.result(top),
      across: counts.across.result({ top: 1, maxFiringRate, nCandidates: top }),
    };
  } finally {
    for (const inference of opened) inference.dispose();
  }
}

import type { ActivationStore } from "@plumbline/activation-store/node";
import type { Backend } from "@plumbline/core";
import { type ActionContext, clockOf } from "@plumbline/extract/terminal";
import {
  type CooccurrenceResult,
  createCooccurrence,
  createPeerReconstructionMetrics,
  createPeerSparsityMetrics,
  type EvaluatedBatch,
  type EvaluationResult,
  evaluateSae,
  type PeerReconstructionResult,
  type PeerSparsityResult,
} from "@plumbline/metrics";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LoadedSae } from "../load-sae.ts";
import { firstRows } from "./store-batches.ts";

/** Metrics that are asked for by name. */
export interface FurtherMetrics {
  /** what other libraries would print of the same numbers */
  readonly peers?: boolean;
  /** which latents fire together */
  readonly cooccurrence?: boolean;
}

/** All that was measured of one SAE. */
export interface Measured {
  readonly evaluation: EvaluationResult;
  readonly peers?: {
    readonly reconstruction: PeerReconstructionResult;
    readonly sparsity: PeerSparsityResult;
  };
  readonly cooccurrence?: CooccurrenceResult;
}

/** Pairs of latents that are named one by one. */
const topPairs = 20;

/** Accumulators for what was asked for. */
function createFurther(wanted: FurtherMetrics, { dIn, dSae }: { dIn: number; dSae: number }) {
  const reconstruction = wanted.peers === true ? createPeerReconstructionMetrics({ dIn }) : undefined;
  const sparsity = wanted.peers === true ? createPeerSparsityMetrics({ dSae }) : undefined;
  const cooccurrence = wanted.cooccurrence === true ? createCooccurrence({ dSae }) : undefined;
  return {
    observe: ({ x, latents, xHat }: EvaluatedBatch): void => {
      reconstruction?.add({ x, xHat });
      sparsity?.add({ latents, x });
      cooccurrence?.add(latents);
    },
    result: (): Omit<Measured, "evaluation"> => ({
      ...(reconstruction === undefined || sparsity === undefined
        ? {}
        : { peers: { reconstruction: reconstruction.result(), sparsity: sparsity.result() } }),
      ...(cooccurrence === undefined ? {} : { cooccurrence: cooccurrence.result({ top: topPairs }) }),
    }),
  };
}

/** Measures one SAE on the first tokens of a store. */
export async function measureSae(
  { form }: LoadedSae,
  options: Pick<ActionContext<FurtherMetrics>, "io" | "output"> & {
    readonly backend: Backend<Tensor>;
    readonly store: ActivationStore;
    readonly nTokens: number;
    readonly wanted?: FurtherMetrics;
  },
): Promise<Measured> {
  const { io, output, backend, store, nTokens, wanted = {} } = options;
  const inference = await backend.openInference(form);
  const further = createFurther(wanted, form);
  const clock = clockOf(io);
  const start = clock();
  try {
    const evaluation = await evaluateSae({
      inference,
      form,
      dIn: form.dIn,
      batches: firstRows(store, nTokens, form.dSae),
      observe: further.observe,
      ...(io.signal === undefined ? {} : { signal: io.signal }),
      onProgress: ({ nTokens: done }) => {
        const perSecond = Math.round((done * 1000) / Math.max(1, clock() - start));
        output.progress(`${done}/${nTokens} tok · ${perSecond} tok/s`, done / nTokens);
      },
    });
    return { evaluation, ...further.result() };
  } finally {
    inference.dispose();
  }
}

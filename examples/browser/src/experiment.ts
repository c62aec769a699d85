import { aligned } from "@plumbline/aligned";
import { topK } from "@plumbline/architectures";
import { type Backend, createRandom, type SaeEngine } from "@plumbline/core";
import { meanMaxCosine, memoryBatches, sampleOf, toySuperposition } from "@plumbline/testing";
import type { Tensor } from "@tensorflow/tfjs-core";
import { batchSize, dIn, dSae, k, largestRate, nDirections, nRows } from "./task.ts";

/** Steps between two reports: reading numbers back makes a graphics processor wait. */
const reportEvery = 5;

/** Settings of a run. */
export interface Settings {
  readonly backend: Backend<Tensor>;
  readonly isAligned: boolean;
  readonly nSteps: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Where a run is. */
export interface Progress {
  readonly step: number;
  readonly loss: number;
  readonly explainedVariance: number;
  readonly deadLatents: number;
  /** for each hidden direction, its cosine to the decoder row nearest to it; only now and then */
  readonly cosines?: readonly number[];
}

/** Lets the page draw and hear its user. */
const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function cosinesOf(engine: SaeEngine, directions: Float32Array): Promise<readonly number[]> {
  const rows = await engine.decoderRows();
  return Array.from({ length: nDirections }, (_, i) =>
    meanMaxCosine(directions.subarray(i * dIn, (i + 1) * dIn), rows, dIn),
  );
}

/** Trains on toy data with known directions and reports on the way. Ends early where `signal` says so. */
export async function* train(settings: Settings): AsyncGenerator<Progress> {
  const { backend, isAligned, nSteps, seed, signal } = settings;
  const toy = toySuperposition({ dIn, nLatents: nDirections, nRows, l0: 3, seed });
  const free = topK({ k, auxkCoefficient: 1 / 32, deadAfterTokens: 10_000 });
  const engine = await backend.createEngine({
    architecture: isAligned ? aligned(free) : free,
    dIn,
    dSae,
    random: createRandom(seed),
    sample: sampleOf(toy.rows, dIn),
  });
  try {
    let step = 0;
    for await (const batch of memoryBatches({ rows: toy.rows, dIn, seed }).batches({
      batchSize,
      startStep: 0,
    })) {
      step += 1;
      const isLast = step === nSteps;
      const wantStats = step % reportEvery === 0 || step === 1 || isLast;
      // The last third goes down to zero.
      const lr = largestRate * Math.min(1, (3 * (nSteps - step + 1)) / nSteps);
      const stats = await engine.step(batch, { lr, scalars: {}, wantStats });
      if (stats !== undefined) {
        const { explainedVariance = Number.NaN, deadLatents = Number.NaN } = stats.statistics;
        const withCosines = step % (reportEvery * 10) === 0 || isLast;
        yield {
          step,
          loss: stats.loss,
          explainedVariance,
          deadLatents,
          ...(withCosines ? { cosines: await cosinesOf(engine, toy.directions) } : {}),
        };
        await breathe();
      }
      if (isLast || signal.aborted) return;
    }
  } finally {
    engine.dispose();
  }
}

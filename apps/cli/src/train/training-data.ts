import { createHash } from "node:crypto";
import { createLiveBatchSource } from "@plumbline/activation-store";
import type { ActivationSample, ActivationStatistics, BatchSource, Random } from "@plumbline/core";
import { extractionFingerprint, openExtraction, readExtraction } from "@plumbline/extract";
import { type Io, type Output, shownPath } from "@plumbline/extract/terminal";
import { openStore } from "../open-store.ts";
import { storeFingerprint } from "../run-folder/store-fingerprint.ts";
import { type SampledStore, sampleRows, scaledSample } from "./sample-rows.ts";
import type { ActivationsConfig } from "./train-config.ts";

/** What a training learns from: a store, or a model that runs. */
export interface TrainingData {
  readonly dIn: number;
  /** rows in one epoch, as far as that is known */
  readonly nRows: number;
  readonly statistics: ActivationStatistics;
  readonly hookPoint?: string | undefined;
  /** sha256; a resumed run must find the same */
  readonly fingerprint: string;
  /** where it comes from, for people */
  readonly shown: string;
  /** in the order of the seed that it was opened with */
  readonly batches: BatchSource;
  /** rows to initialize from, times `inputScale` */
  sample(options: { readonly random: Random; readonly inputScale: number }): Promise<ActivationSample>;
  close(): Promise<void>;
}

interface Context {
  readonly io: Io;
  readonly output: Output;
  /** of the order in which activations come */
  readonly seed: number;
}

async function storeData(path: string, { seed, ...context }: Context): Promise<TrainingData> {
  const store = await openStore(path, context);
  try {
    return {
      dIn: store.dIn,
      nRows: store.nRows,
      statistics: store.statistics,
      hookPoint: store.manifest.hookPoint,
      fingerprint: await storeFingerprint(path),
      shown: `${shownPath(path, context.io.cwd)} (${store.nRows} rows)`,
      batches: store.batchSource({ seed }),
      sample: (options) => sampleRows(store satisfies SampledStore, options),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Rows of the first batch of a live source, which are drawn from the beginning of its stream. */
const sampledRows = 4096;

async function firstBatch(batches: BatchSource): Promise<Float32Array> {
  for await (const batch of batches.batches({ batchSize: sampledRows, startStep: 0 })) return batch.slice();
  return new Float32Array();
}

async function liveData(
  config: { readonly live: string; readonly hookPoint?: string | undefined; readonly windowRows: number },
  { io, output, seed }: Context,
): Promise<TrainingData> {
  const { live, hookPoint, windowRows } = config;
  const extraction = await readExtraction(live, { io });
  const pass = await openExtraction(extraction, { signal: io.signal, say: output.say });
  output.say(`measuring mean and norm on the first ${windowRows} rows of ${shownPath(live, io.cwd)}`);
  const batches = await createLiveBatchSource(pass, {
    seed,
    windowRows,
    ...(hookPoint === undefined ? {} : { hookPoint }),
    ...(io.signal === undefined ? {} : { signal: io.signal }),
  });
  const about = JSON.stringify([extractionFingerprint(extraction, pass), hookPoint ?? null, windowRows]);
  return {
    dIn: batches.dIn,
    nRows: batches.nRows,
    statistics: batches.statistics,
    hookPoint: hookPoint ?? pass.hooks[0]?.hookPoint,
    fingerprint: createHash("sha256").update(about).digest("hex"),
    shown: `${pass.name} as ${shownPath(live, io.cwd)} says, as it runs (shuffled within ${windowRows} rows)`,
    batches,
    sample: async ({ inputScale }) => scaledSample(await firstBatch(batches), { batches, inputScale }),
    close: async () => undefined,
  };
}

/** Opens what a configuration learns from. */
export function openTrainingData(config: ActivationsConfig, context: Context): Promise<TrainingData> {
  const { store, live, hookPoint, windowRows } = config;
  return live === undefined
    ? storeData(store ?? "", context)
    : liveData({ live, hookPoint, windowRows }, context);
}

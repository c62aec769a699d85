import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createRandom } from "@plumbline/core";
import { type ModelSequence, openTokenPass } from "@plumbline/model-sources";
import type { OnnxModelOnDisk } from "@plumbline/model-sources/node";
import { writeActivationStores } from "../../packages/activation-store/src/node.ts";
import { timed } from "../engine/ours/meters.ts";
import type { ExtractionOptions } from "./options.ts";
import type { Side, Turn } from "./side.ts";

const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };

/** Sequences of random token ids. */
function randomSequences(
  options: { readonly count: number; readonly length: number; readonly nVocabulary: number },
  random: { uniform(): number },
): readonly ModelSequence[] {
  const { count, length, nVocabulary } = options;
  return Array.from({ length: count }, () => ({
    ids: Int32Array.from({ length }, () => Math.floor(random.uniform() * nVocabulary)),
  }));
}

/** Token ids are below it. */
export const vocabularyOf = (model: OnnxModelOnDisk): number => Number(model.config.vocab_size ?? 1000);

/** Our way through a model, alone and with a store at its end: both on one session, in this process. */
export async function openOurs(
  options: ExtractionOptions,
  { model, folder }: { readonly model: OnnxModelOnDisk; readonly folder: string },
): Promise<readonly Side[]> {
  const { hookPoint, batch, length, passes } = options;
  const random = createRandom(1, "tokens");
  const sizes = { count: batch * passes, length, nVocabulary: vocabularyOf(model) };
  const nTokens = sizes.count * length;
  let sequences: readonly ModelSequence[] = [];
  const pass = await openTokenPass({
    model,
    hookPoints: [hookPoint],
    sequences: () => sequences,
    sequencesPerRun: batch,
  });
  const description = `onnxruntime-node ${version}`;
  const take = async (work: () => Promise<unknown>): Promise<Turn> => {
    sequences = randomSequences(sizes, random);
    return { nTokens, ...(await timed(work)) };
  };
  const read = async (): Promise<void> => {
    let nRows = 0;
    for await (const chunk of pass.chunks()) nRows += chunk.nRows;
    if (nRows !== nTokens) throw new Error(`expected ${nTokens} rows, got ${nRows}`);
  };
  let nStores = 0;
  const store = (): string => join(folder, `store-${nStores}`);
  const write = (): Promise<unknown> =>
    writeActivationStores(store(), pass, { resumable: { fingerprint: "benchmark" } });
  return [
    { name: "Node", description, run: () => take(read), stop: () => pass.release() },
    {
      name: "Node, to a store",
      description,
      run: async () => {
        const turn = await take(write);
        await rm(store(), { recursive: true });
        nStores++;
        return turn;
      },
      stop: async () => undefined,
    },
  ];
}

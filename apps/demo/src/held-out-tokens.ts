import { join } from "node:path";
import { openActivationStore } from "@plumbline/activation-store/node";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { loadInferenceForm } from "@plumbline/checkpoints/node";
import { PlumblineError } from "@plumbline/core";
import type { TokenPlace } from "./report.ts";
import type { TokenSequence } from "./sequences.ts";
import { createTopTokens, type LatentTokens } from "./top-tokens.ts";

const batchSize = 2048;

/** Held-out tokens by row of their store. */
export interface HeldOutTokens {
  readonly nTokens: number;
  sequenceOf(row: number): number;
  placeOf(row: number): TokenPlace;
}

/** Gives the rows of a store their text back. */
export function indexTokens(sequences: readonly TokenSequence[]): HeldOutTokens {
  const sequenceOfRow = Uint32Array.from(
    sequences.flatMap(({ ids }, sequence) => Array<number>(ids.length).fill(sequence)),
  );
  const firstRow = new Map<number, number>();
  sequenceOfRow.forEach((sequence, row) => {
    if (!firstRow.has(sequence)) firstRow.set(sequence, row);
  });
  const sequenceOf = (row: number): number => sequenceOfRow[row] ?? 0;
  return {
    nTokens: sequenceOfRow.length,
    sequenceOf,
    placeOf: (row) => {
      const sequence = sequenceOf(row);
      const { pieces, from } = sequences[sequence] as TokenSequence;
      return { pieces, from, position: row - (firstRow.get(sequence) ?? 0) };
    },
  };
}

/** Makes sure that the store holds the tokens whose text is about to be shown beside its rows. */
function checkSame(expected: Int32Array, found: Int32Array | undefined, path: string): void {
  if (found?.length === expected.length && found.every((id, row) => id === expected[row])) return;
  throw new PlumblineError({
    code: "token-mismatch",
    kind: "bug",
    message: "[demo] topTokens(): the store's tokens are not those of the held-out text",
    where: path,
    hint: "was the store made by this version of the demo?",
  });
}

/**
 * Runs an SAE over the held-out store and collects where its latents fire most.
 *
 * @param options.checkpoint folder of the SAE
 * @param options.store folder of the held-out activations, made from `sequences`
 * @throws PlumblineError `token-mismatch`, and what reading the two throws
 */
export async function topTokens(options: {
  checkpoint: string;
  store: string;
  sequences: readonly TokenSequence[];
  nTop: number;
  signal?: AbortSignal | undefined;
}): Promise<LatentTokens[]> {
  const { checkpoint, store: path, sequences, nTop, signal } = options;
  const form = await loadInferenceForm(checkpoint);
  const store = await openActivationStore(path);
  const inference = await tfjsWasmBackend.openInference(form);
  try {
    const ids = Int32Array.from(sequences.flatMap((sequence) => [...sequence.ids]));
    const tokens = createTopTokens({ dSae: form.dSae, nTop, passageOf: indexTokens(sequences).sequenceOf });
    for (let start = 0; start < store.nRows; start += batchSize) {
      signal?.throwIfAborted();
      const count = Math.min(batchSize, store.nRows - start);
      const chunk = await store.rows(start, count);
      checkSame(ids.subarray(start, start + count), chunk.tokenIds, join(path, "store.json"));
      tokens.add(await inference.encode(chunk.rows));
    }
    return tokens.result();
  } finally {
    inference.dispose();
    await store.close();
  }
}

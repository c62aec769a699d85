import { basename } from "node:path";
import { type ActivationSource, PlumblineError } from "@plumbline/core";
import { type GraphFeed, graphModelSource } from "@plumbline/model-sources";
import { loadGraphModelFromFolder } from "@plumbline/model-sources/node";
import type { Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defineSource, type SourceContext, type SourcePlugin } from "../source-plugin.ts";
import { arrangeInputs, type GraphInputs, graphInputsSchema } from "./graph-inputs.ts";
import { countTokens, readTokenSequences } from "./token-sequences.ts";

interface TfjsGraphConfig {
  readonly model: string;
  readonly node: string;
  readonly hookPoint?: string | undefined;
  readonly dIn: number;
  readonly tokens: string;
  readonly inputs: GraphInputs;
  readonly sequencesPerRun: number;
  readonly kernels: "wasm" | "cpu";
}

const schema = z.strictObject({
  model: z.string().min(1).describe("folder of a TensorFlow.js graph model (model.json and weights)"),
  node: z.string().min(1).describe("name of the graph's node whose output is wanted"),
  hookPoint: z.string().min(1).optional().describe("what to call that place; by default the node's name"),
  dIn: z.int().positive().describe("width of the node's output"),
  tokens: z.string().min(1).describe("file with one JSON array of token ids on each line"),
  inputs: graphInputsSchema.prefault({ layout: "padded" }).describe("how ids become the graph's inputs"),
  sequencesPerRun: z.int().positive().default(32).describe("sequences that the model reads at once"),
  kernels: z
    .enum(["wasm", "cpu"])
    .default("wasm")
    .describe("what computes: wasm is some 30 times faster, cpu knows more operations"),
});

type TensorFlow = typeof import("@tensorflow/tfjs-core");

/** Loaded on use: the other sources need no tensor library. */
async function startTensorFlow(kernels: TfjsGraphConfig["kernels"]): Promise<TensorFlow> {
  const wanted = `@tensorflow/tfjs-backend-${kernels}`;
  try {
    const tf = await import("@tensorflow/tfjs-core");
    if (kernels === "wasm") await import("@tensorflow/tfjs-backend-wasm");
    else await import("@tensorflow/tfjs-backend-cpu");
    // Otherwise tfjs prints an advertisement for another backend when cpu is first used.
    tf.env().set("PROD", true);
    await tf.setBackend(kernels);
    await tf.ready();
    return tf;
  } catch (cause) {
    throw new PlumblineError({
      code: "tfjs-unavailable",
      kind: "environment",
      message: `[extract] tfjs-graph: TensorFlow.js does not start: ${cause instanceof Error ? cause.message : cause}`,
      where: wanted,
      hint: `npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 ${wanted}@4.22.0`,
      cause,
    });
  }
}

function feedOf(tf: TensorFlow, sequences: readonly Int32Array[], inputs: GraphInputs): GraphFeed<Tensor> {
  const arrays = Object.entries(arrangeInputs(sequences, inputs));
  return {
    inputs: Object.fromEntries(
      arrays.map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape], "int32")]),
    ),
    lengths: sequences.map((ids) => ids.length),
    tokenIds: Int32Array.from(sequences.flatMap((ids) => [...ids])),
  };
}

async function open(config: TfjsGraphConfig, context: SourceContext): Promise<ActivationSource> {
  const tokens = context.resolvePath(config.tokens);
  const folder = context.resolvePath(config.model);
  const nRows = await countTokens(tokens);
  const tf = await startTensorFlow(config.kernels);
  const model = await loadGraphModelFromFolder(folder);
  async function* feeds(): AsyncGenerator<GraphFeed<Tensor>> {
    let waiting: Int32Array[] = [];
    for await (const ids of readTokenSequences(tokens)) {
      waiting.push(ids);
      if (waiting.length < config.sequencesPerRun) continue;
      yield feedOf(tf, waiting, config.inputs);
      waiting = [];
    }
    if (waiting.length > 0) yield feedOf(tf, waiting, config.inputs);
  }
  const source = graphModelSource<Tensor>({
    model,
    node: config.node,
    feeds,
    dIn: config.dIn,
    nRows,
    ...(config.hookPoint === undefined ? {} : { hookPoint: config.hookPoint }),
    provenance: { model: basename(folder), tokens: basename(tokens), kernels: config.kernels },
  });
  return Object.freeze({ ...source, name: "tfjs-graph" });
}

/** A node of a TensorFlow.js graph model, run on token ids. */
export const tfjsGraphSource: SourcePlugin = defineSource<TfjsGraphConfig>({
  name: "tfjs-graph",
  description: "a node of a TensorFlow.js graph model, run on token ids",
  schema,
  open,
});

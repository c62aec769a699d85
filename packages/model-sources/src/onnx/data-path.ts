import { type GraphIndex, nodesFor, readsOf } from "./graph-index.ts";
import type { OnnxModel, OnnxNode } from "./onnx-model.ts";

/** Where a model's data go in and come out. */
export interface DataEnds {
  /** an input: token ids or pixels */
  readonly input: string;
  /** an output: logits or the last hidden state */
  readonly output: string;
}

const inputNames = ["input_ids", "pixel_values", "inputs_embeds", "input_values", "input_features"];
const outputNames = ["logits", "last_hidden_state", "token_embeddings"];

/** The ends of a model by the names that exporters use, or its first input and output. */
export function dataEnds({ inputs, outputs }: OnnxModel): DataEnds {
  const first = (wanted: readonly string[], there: readonly { readonly name: string }[]): string =>
    wanted.find((name) => there.some((value) => value.name === name)) ?? there[0]?.name ?? "";
  return { input: first(inputNames, inputs), output: first(outputNames, outputs) };
}

/** Operations that pass on how large something is, not what it holds. */
const shapeOperations = new Set(["Shape", "Size"]);

/** What a node gives that comes from the data: the fused embedding also says how long its mask is. */
const dataOutputs = ({ opType, outputs }: OnnxNode): readonly string[] =>
  (opType === "EmbedLayerNormalization" ? outputs.slice(0, 1) : outputs).filter((name) => name !== "");

/** Data that come from the input, as against weights, masks, positions and shapes. */
export function reachableFrom(input: string, model: OnnxModel): Set<OnnxNode> {
  const carrying = new Set([input]);
  const reached = new Set<OnnxNode>();
  for (const node of model.nodes) {
    if (shapeOperations.has(node.opType) || !readsOf(node).some((name) => carrying.has(name))) continue;
    reached.add(node);
    for (const name of dataOutputs(node)) carrying.add(name);
  }
  return reached;
}

/**
 * Nodes through which everything goes that comes from the input and ends in the output, in order: between two of them
 * run branches, at them there is one tensor. In a transformer these are the places of the residual stream.
 */
export function bottlenecks(model: OnnxModel, index: GraphIndex, ends: DataEnds): OnnxNode[] {
  const reached = reachableFrom(ends.input, model);
  const needed = nodesFor([ends.output], { index });
  const path = model.nodes.filter((node) => reached.has(node) && needed.has(node));
  const places = new Map(path.map((node, place) => [node, place]));
  const found: OnnxNode[] = [];
  // The furthest place that a node before this one leads to: beyond it, this one is passed by.
  let furthest = 0;
  for (const [place, node] of path.entries()) {
    if (furthest <= place && dataOutputs(node).length === 1) found.push(node);
    for (const name of dataOutputs(node)) {
      for (const reader of index.consumers(name)) furthest = Math.max(furthest, places.get(reader) ?? 0);
    }
  }
  return found;
}

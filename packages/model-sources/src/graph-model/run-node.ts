import { nearest } from "@plumbline/core";
import { usageError } from "../errors.ts";
import { type GraphModelLike, type GraphTensor, nodeNames } from "./graph-model.ts";

type Inputs<T> = { [name: string]: T };

/** Runs a graph up to one node; the caller disposes what comes out. */
export type NodeRunner<T> = (inputs: Inputs<T>) => Promise<T>;

/** Node names differ at their ends, and honest ones are long: they are cut later than other text. */
const quoteNode = (name: string): string =>
  JSON.stringify(name.length > 300 ? `${name.slice(0, 300)}…` : name);

/** The error for a run that TensorFlow.js refused, with what it said and the name that was perhaps meant. */
function runError(model: object, node: string, cause: unknown): Error {
  const known = nodeNames(model);
  const [name = node] = node.split(":");
  const said = cause instanceof Error ? cause.message : String(cause);
  if (known.length > 0 && !known.includes(name)) {
    const near = nearest(name, known);
    return usageError({
      code: "unknown-node",
      message: `graphModelSource(): the graph has no node ${quoteNode(node)}`,
      hint: near === undefined ? `it has ${known.length} nodes` : `did you mean ${quoteNode(near)}?`,
      cause,
    });
  }
  return usageError({
    code: "model-refused",
    message: `graphModelSource(): the model could not be run up to node ${quoteNode(node)}: ${said}`,
    hint: "do the feed's inputs have the names, dtypes and shapes that the graph wants?",
    cause,
  });
}

/**
 * A function that runs the model up to `node`. It takes `execute`, and `executeAsync` for good from the first feed on that
 * `execute` refuses: dynamic operations need the second, which warns on the console about each run that did not.
 */
export function createNodeRunner<T extends GraphTensor>(
  model: GraphModelLike<T>,
  node: string,
): NodeRunner<T> {
  let isDynamic = model.execute === undefined;
  const run = async (inputs: Inputs<T>): Promise<T | T[]> => {
    if (!isDynamic) {
      try {
        return model.execute?.(inputs, node) ?? [];
      } catch {
        isDynamic = true;
      }
    }
    return model.executeAsync(inputs, node);
  };
  return async (inputs) => {
    let result: T | T[];
    try {
      result = await run(inputs);
    } catch (cause) {
      throw runError(model, node, cause);
    }
    const [output, ...others] = Array.isArray(result) ? result : [result];
    if (output !== undefined && others.length === 0) return output;
    for (const tensor of [output, ...others]) tensor?.dispose();
    throw usageError({
      code: "model-refused",
      message: `graphModelSource(): expected one tensor from node ${quoteNode(node)}, got ${Array.isArray(result) ? result.length : 0}`,
    });
  };
}

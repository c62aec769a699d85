import type { OnnxModel, OnnxNode } from "./onnx-model.ts";

/** Who makes and who reads each tensor of a graph. */
export interface GraphIndex {
  /** the node that makes a tensor; absent for inputs and weights */
  readonly producer: (tensor: string) => OnnxNode | undefined;
  readonly consumers: (tensor: string) => readonly OnnxNode[];
  /** place of a node in the graph's order */
  readonly placeOf: (node: OnnxNode) => number;
}

/** All tensors that a node reads, its branches and loops included. */
export const readsOf = (node: OnnxNode): readonly string[] =>
  [...node.inputs, ...node.implicitInputs].filter((name) => name !== "");

export function indexGraph({ nodes }: OnnxModel): GraphIndex {
  const producers = new Map<string, OnnxNode>();
  const consumers = new Map<string, OnnxNode[]>();
  const places = new Map<OnnxNode, number>();
  for (const [place, node] of nodes.entries()) {
    places.set(node, place);
    for (const name of node.outputs) if (name !== "") producers.set(name, node);
    for (const name of new Set(readsOf(node))) {
      const known = consumers.get(name);
      if (known === undefined) consumers.set(name, [node]);
      else known.push(node);
    }
  }
  return {
    producer: (tensor) => producers.get(tensor),
    consumers: (tensor) => consumers.get(tensor) ?? [],
    placeOf: (node) => places.get(node) ?? -1,
  };
}

/** Nodes that are needed to make some tensors when others are given. */
export function nodesFor(
  wanted: Iterable<string>,
  options: { readonly index: GraphIndex; readonly given?: ReadonlySet<string> },
): Set<OnnxNode> {
  const { index, given = new Set() } = options;
  const needed = new Set<OnnxNode>();
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = given.has(name) ? undefined : index.producer(name);
    if (node === undefined || needed.has(node)) continue;
    needed.add(node);
    open.push(...readsOf(node));
  }
  return needed;
}

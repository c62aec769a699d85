import { floatAttribute, makeNode } from "./encode-node.ts";
import type { OnnxModel, OnnxNode } from "./onnx-model.ts";
import { floatAttributeOf } from "./read-attribute.ts";

/** What a fused operation normalizes with, and the places of its inputs after the two terms of its sum. */
const fusedOperations: ReadonlyMap<string, { norm: string; beta: number | undefined; bias: number }> =
  new Map([
    ["SkipLayerNormalization", { norm: "LayerNormalization", beta: 3, bias: 4 }],
    ["SkipSimplifiedLayerNormalization", { norm: "SimplifiedLayerNormalization", beta: undefined, bias: 3 }],
  ]);

/** ONNX Runtime's default, where a node does not say. */
const defaultEpsilon = 1e-12;

/** The two terms of the sum, what is added to the stream last: the one that a product makes; its bias is fused too. */
function termsOf(node: OnnxNode, products: ReadonlySet<string>): readonly [stream: string, branch: string] {
  const [first = "", second = ""] = node.inputs;
  return products.has(first) && !products.has(second) ? [second, first] : [first, second];
}

function unfuse(model: OnnxModel, node: OnnxNode, products: ReadonlySet<string>): readonly OnnxNode[] {
  const fused = fusedOperations.get(node.opType);
  const [stream, added] = termsOf(node, products);
  const gamma = node.inputs[2] ?? "";
  const [normalized = "", mean = "", deviation = "", namedSum = ""] = node.outputs;
  if (fused === undefined || node.domain !== "com.microsoft" || mean !== "" || deviation !== "")
    return [node];
  const sum = namedSum === "" ? `${normalized}/sum` : namedSum;
  const beta = fused.beta === undefined ? "" : (node.inputs[fused.beta] ?? "");
  const bias = node.inputs[fused.bias] ?? "";
  const branch = bias === "" ? added : `${sum}/branch`;
  const epsilon = floatAttributeOf(model.source, node, "epsilon") ?? defaultEpsilon;
  const nodes = [
    makeNode({ name: `${node.name}/sum`, opType: "Add", inputs: [stream, branch], outputs: [sum] }),
    makeNode({
      name: `${node.name}/norm`,
      opType: fused.norm,
      inputs: beta === "" ? [sum, gamma] : [sum, gamma, beta],
      outputs: [normalized],
      attributes: [floatAttribute("epsilon", epsilon)],
    }),
  ];
  if (bias === "") return nodes;
  return [makeNode({ name: branch, opType: "Add", inputs: [added, bias], outputs: [branch] }), ...nodes];
}

/**
 * Takes apart the operations in which optimizers hide the residual stream: a sum and the normalization of it become two
 * nodes, so that the sum has a name and can be read and replaced. The runtime fuses them again where it may.
 *
 * @source ContribOperators.md of ONNX Runtime 1.30
 */
export function unfuseSkips(model: OnnxModel): OnnxModel {
  if (!model.nodes.some(({ opType }) => fusedOperations.has(opType))) return model;
  const products = new Set(
    model.nodes.filter(({ opType }) => /MatMul|Gemm/.test(opType)).flatMap(({ outputs }) => outputs),
  );
  return { ...model, nodes: model.nodes.flatMap((node) => unfuse(model, node, products)) };
}

import { floatAttribute, makeNode } from "./encode-node.ts";
import type { OnnxModel, OnnxNode } from "./onnx-model.ts";
import { floatAttributeOf } from "./read-attribute.ts";

/** Places of inputs of the fused operations, after the stream and what is added to it. */
const fusedOperations: ReadonlyMap<string, { norm: string; beta: number | undefined; bias: number }> =
  new Map([
    ["SkipLayerNormalization", { norm: "LayerNormalization", beta: 3, bias: 4 }],
    ["SkipSimplifiedLayerNormalization", { norm: "SimplifiedLayerNormalization", beta: undefined, bias: 3 }],
  ]);

/** ONNX Runtime's default, where a node does not say. */
const defaultEpsilon = 1e-12;

function unfuse(model: OnnxModel, node: OnnxNode): readonly OnnxNode[] {
  const fused = fusedOperations.get(node.opType);
  const [stream = "", added = "", gamma = ""] = node.inputs;
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
  return { ...model, nodes: model.nodes.flatMap((node) => unfuse(model, node)) };
}

import { bottlenecks, type DataEnds, reachableFrom } from "./data-path.ts";
import { type GraphIndex, readsOf } from "./graph-index.ts";
import type { OnnxModel, OnnxNode } from "./onnx-model.ts";

/** One `stream + branches` of a model. */
export interface ResidualStep {
  /** the stream before, and the sum */
  readonly before: string;
  readonly after: string;
  /** what is added, of each kind; two of one kind are ambiguous */
  readonly attention: readonly string[];
  readonly other: readonly string[];
  /** places of the two among the bottlenecks, between which lie the branches */
  readonly span: readonly [number, number];
}

/** A model's backbone: all bottleneck tensors in order, and the steps among them. */
export interface Backbone {
  readonly tensors: readonly string[];
  readonly steps: readonly ResidualStep[];
}

/** What changes the form of a tensor, or its precision, and not what it holds. */
const passThrough = new Set(["Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"]);
const attentionOperations =
  /^(Attention|MultiHeadAttention|GroupQueryAttention|QAttention|PackedAttention|PackedMultiHeadAttention|DecoderMaskedMultiHeadAttention|DecoderMaskedSelfAttention|SparseAttention|RelativePositionBias.*Attention)$/;
const products = new Set(["MatMul", "FusedMatMul", "Einsum", "Gemm"]);

interface Search {
  readonly index: GraphIndex;
  /** nodes whose values depend on the input */
  readonly reached: ReadonlySet<OnnxNode>;
}

/** The tensor that a chain of casts and copies begins with. */
function origin(tensor: string, { index }: Search): string {
  let name = tensor;
  for (let node = index.producer(name); node && passThrough.has(node.opType); node = index.producer(name)) {
    name = node.inputs[0] ?? "";
  }
  return name;
}

function carries(tensor: string, { index, reached }: Search): boolean {
  const node = index.producer(tensor);
  return node !== undefined && reached.has(node);
}

/** The terms of a sum of sums; a sum with something that does not depend on the input, as a bias, is one term. */
function terms(tensor: string, before: string, search: Search): string[] {
  const node = search.index.producer(origin(tensor, search));
  if (origin(tensor, search) === before) return [before];
  if (node?.opType !== "Add" || !node.inputs.every((name) => carries(name, search))) return [tensor];
  return node.inputs.flatMap((name) => terms(name, before, search));
}

/** Whether positions meet between `before` and `branch`: a softmax, and a product of two things that depend on the input. */
function isAttention(branch: string, before: string, search: Search): boolean {
  const { index, reached } = search;
  let softmax = false;
  let product = false;
  const seen = new Set<OnnxNode>();
  const open = [branch];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = name === before ? undefined : index.producer(name);
    if (node === undefined || seen.has(node) || !reached.has(node)) continue;
    seen.add(node);
    if (attentionOperations.test(node.opType)) return true;
    softmax ||= node.opType === "Softmax";
    product ||= products.has(node.opType) && node.inputs.filter((input) => carries(input, search)).length > 1;
    open.push(...readsOf(node));
  }
  return softmax && product;
}

function stepBetween(
  before: string,
  after: string,
  search: Search,
): Pick<ResidualStep, "attention" | "other"> | undefined {
  const found = terms(after, before, search);
  const branches = found.filter((term) => term !== before);
  if (branches.length !== found.length - 1 || branches.length === 0) return undefined;
  const attention = branches.filter((branch) => isAttention(branch, before, search));
  return { attention, other: branches.filter((branch) => !attention.includes(branch)) };
}

/**
 * Finds the residual stream of a model by what its graph does, whatever its tensors are called: of two neighbouring
 * bottlenecks, the second is the sum of the first and of branches that begin at it.
 */
export function findBackbone(model: OnnxModel, index: GraphIndex, ends: DataEnds): Backbone {
  const search: Search = { index, reached: reachableFrom(ends.input, model) };
  const tensors = bottlenecks(model, index, ends)
    .filter(({ opType }) => !passThrough.has(opType))
    .map(({ outputs }) => outputs.find((name) => name !== "") ?? "");
  const steps: ResidualStep[] = [];
  for (let place = 1; place < tensors.length; place++) {
    const [before = "", after = ""] = [tensors[place - 1], tensors[place]];
    const branches = stepBetween(before, after, search);
    if (branches !== undefined) steps.push({ before, after, ...branches, span: [place - 1, place] });
  }
  return { tensors, steps };
}

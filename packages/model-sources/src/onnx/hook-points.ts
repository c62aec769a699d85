import { dataEnds } from "./data-path.ts";
import { indexGraph } from "./graph-index.ts";
import type { OnnxModel } from "./onnx-model.ts";
import { type Backbone, findBackbone, type ResidualStep } from "./residual-steps.ts";

/** A place in a model with a name that people use. */
export interface HookPoint {
  /** as `blocks.3.hook_resid_post` */
  readonly name: string;
  /** the tensor of the graph */
  readonly tensor: string;
}

/** Steps of one block: attention and what follows it, or both at once. */
type Block = readonly ResidualStep[];

function blocksOf(steps: readonly ResidualStep[]): Block[] {
  const blocks: ResidualStep[][] = [];
  let open: ResidualStep[] = [];
  for (const step of steps) {
    open.push(step);
    // A block ends with what is no attention: its MLP.
    if (step.other.length === 0) continue;
    blocks.push(open);
    open = [];
  }
  return open.length === 0 ? blocks : [...blocks, open];
}

const only = (tensors: readonly string[]): string | undefined =>
  tensors.length === 1 ? tensors[0] : undefined;

/** Bottlenecks from a sum to the next step: more than none where the model normalizes the stream itself. */
function normLength({ steps }: Backbone): number {
  const gaps = steps.slice(1).map(({ span }, i) => span[0] - (steps[i]?.span[1] ?? 0));
  const [first = 0] = gaps;
  return gaps.every((gap) => gap === first) ? first : 0;
}

/** What stands behind the sum that ends a step, if the stream is normalized there. */
function normalized(step: ResidualStep, backbone: Backbone, length: number): string | undefined {
  return length === 0 ? undefined : backbone.tensors[step.span[1] + length];
}

function namesOf(block: Block, backbone: Backbone, length: number): [string, string | undefined][] {
  const [first] = block;
  const last = block.at(-1);
  if (first === undefined || last === undefined) return [];
  const middle = block.length > 1 ? block.at(-2) : undefined;
  return [
    ["hook_resid_pre", first.before],
    ["hook_attn_out", only(first.attention)],
    ["hook_resid_mid", middle?.after],
    ["hook_normalized_resid_mid", middle && normalized(middle, backbone, length)],
    ["hook_mlp_out", only(last.other)],
    ["hook_resid_post", last.after],
    ["hook_normalized_resid_post", normalized(last, backbone, length)],
  ];
}

/**
 * The residual stream of a transformer under the names of TransformerLens: for each block `blocks.{i}.hook_resid_pre`,
 * `hook_attn_out`, `hook_resid_mid`, `hook_mlp_out` and `hook_resid_post`; `hook_attn_out` and `hook_mlp_out` are what is added
 * to the stream. Blocks whose attention and MLP run side by side have no middle. Where the model normalizes the stream itself
 * (BERT), `hook_normalized_resid_mid` and `hook_normalized_resid_post` stand behind the norms; the latter is what Hugging Face calls the
 * layer's hidden state.
 *
 * Nothing is read off names: the stream is found as the tensors through which all data go, so exporters and optimizers
 * may call them what they like. A model without such a stream has no hook points; its tensors have their own names.
 *
 * @returns in the order of the graph's blocks; empty where no residual stream is found
 */
export function findHookPoints(model: OnnxModel): readonly HookPoint[] {
  const backbone = findBackbone(model, indexGraph(model), dataEnds(model));
  const length = normLength(backbone);
  return blocksOf(backbone.steps).flatMap((block, i) =>
    namesOf(block, backbone, length).flatMap(([name, tensor]) =>
      tensor === undefined ? [] : [{ name: `blocks.${i}.${name}`, tensor }],
    ),
  );
}

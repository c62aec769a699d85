import { unknownNameError } from "@plumbline/core";
import { usageError } from "../errors.ts";
import { indexGraph, nodesFor, readsOf } from "./graph-index.ts";
import type { OnnxDimension, OnnxInitializer, OnnxModel, OnnxNode, OnnxValue } from "./onnx-model.ts";
import { bytesOf, fieldsOf, textOf } from "./wire-reader.ts";
import { concatenate, integerField, messageField, textField, type WirePart } from "./wire-writer.ts";

/** A tensor with what is known of it, as an input of a part of a graph. */
export interface OnnxInput {
  readonly name: string;
  /** `TensorProto.DataType` */
  readonly elementType: number;
  /** as many axes as the tensor has */
  readonly dimensions: readonly OnnxDimension[];
}

/** What part of a graph is wanted. */
export interface GraphCut {
  /** tensors to compute */
  readonly to: readonly string[];
  /** tensors of the graph to take as inputs instead of computing them */
  readonly from?: readonly OnnxInput[];
  /**
   * name of the file that the model was read from: weights are referred to there instead of being copied. The part must
   * then be opened with that file's folder as the place of external data.
   */
  readonly weightsIn?: string;
  /** other names of the files that hold external weights, by the name that the model has for them */
  readonly renamed?: ReadonlyMap<string, string>;
}

/** A part of a graph as a model of its own. */
export interface GraphPart {
  /** the ONNX file */
  readonly bytes: Uint8Array;
  /** inputs of the whole graph that the part reads */
  readonly inputs: readonly OnnxValue[];
  readonly nNodes: number;
}

/** Smaller weights are copied: shapes and axes must be seen by the runtime's optimizer. */
const smallestExternalBytes = 1024;

/** A weight whose values stay where they are in the model's file. */
function externalInitializer(model: OnnxModel, initializer: OnnxInitializer, file: string): WirePart {
  const { source } = model;
  const { raw, range } = initializer;
  if (raw === undefined) return messageField(5, [bytesOf(source, range)]);
  const kept = [...fieldsOf(source, range)].filter(({ number }) => ![9, 13, 14].includes(number));
  const entry = (key: string, value: string): WirePart =>
    messageField(13, [textField(1, key), textField(2, value)]);
  return messageField(5, [
    ...kept.map((field) => bytesOf(source, field)),
    entry("location", file),
    entry("offset", String(raw.start)),
    entry("length", String(raw.end - raw.start)),
    integerField(14, 1),
  ]);
}

/** An external weight that is looked for in a file of another name. */
function renamedInitializer(model: OnnxModel, initializer: OnnxInitializer, name: string): WirePart {
  const { source } = model;
  const parts = [...fieldsOf(source, initializer.range)].map((field) => {
    const [key, value] = field.number === 13 ? [...fieldsOf(source, field.payload)] : [];
    const isLocation =
      key !== undefined && value !== undefined && textOf(source, key) === "location" && key.number === 1;
    return isLocation
      ? messageField(13, [textField(1, "location"), textField(2, name)])
      : bytesOf(source, field);
  });
  return messageField(5, parts);
}

function initializerPart(
  model: OnnxModel,
  initializer: OnnxInitializer,
  { weightsIn: file, renamed }: GraphCut,
): WirePart {
  const { raw, range, location } = initializer;
  const name = renamed?.get(location ?? "");
  if (name !== undefined) return renamedInitializer(model, initializer, name);
  const large = raw !== undefined && raw.end - raw.start >= smallestExternalBytes;
  if (large && file !== undefined) return externalInitializer(model, initializer, file);
  return messageField(5, [bytesOf(model.source, range)]);
}

function inputPart({ name, elementType, dimensions }: OnnxInput): WirePart {
  const axes = dimensions.map((size, axis) => {
    const named =
      typeof size === "number" ? integerField(1, size) : textField(2, size ?? `${name}/axis${axis}`);
    return messageField(1, [named]);
  });
  const tensor = messageField(1, [integerField(1, elementType), messageField(2, axes)]);
  return messageField(11, [textField(1, name), messageField(2, [tensor])]);
}

function checkNames(model: OnnxModel, cut: GraphCut): void {
  const known = new Set([
    ...model.nodes.flatMap(({ outputs }) => outputs),
    ...model.inputs.map(({ name }) => name),
  ]);
  known.delete("");
  for (const name of [...cut.to, ...(cut.from ?? []).map((input) => input.name)]) {
    if (known.has(name)) continue;
    throw unknownNameError({
      kind: "tensor",
      name,
      known: [...known],
      from: "[model-sources] cutGraph()",
      where: model.source.where,
    });
  }
}

function outputPart(model: OnnxModel, name: string): WirePart {
  const value = model.outputs.find((output) => output.name === name) ?? model.values.get(name);
  if (value === undefined) return messageField(12, [textField(1, name)]);
  // The same message under another number.
  const [field] = fieldsOf(model.source, value.range);
  return messageField(
    12,
    field === undefined ? [textField(1, name)] : [bytesOf(model.source, field.payload)],
  );
}

function nodePart(model: OnnxModel, { body }: OnnxNode): WirePart {
  return messageField(1, [body instanceof Uint8Array ? body : bytesOf(model.source, body)]);
}

/**
 * The part of a graph that computes some of its tensors, optionally with others given: how a hook point is read
 * (`to: [hook]`), and how a model goes on from one (`from: [hook], to: [logits]`). No weight is copied where `weightsIn`
 * names the model's file, however large the model.
 *
 * @throws PlumblineError `unknown-tensor` with the nearest name; `hook-point-bypassed` where what is wanted does not depend on
 *   what is given
 * @example
 * import { bytesInMemory, cutGraph, parseOnnxModel } from "@plumbline/model-sources";
 *
 * // y = Relu(h), h = Neg(x), written by hand: field number × 8 + 2, length, content.
 * const text = (field, value) => [field * 8 + 2, value.length, ...Buffer.from(value)];
 * const message = (field, ...parts) => [field * 8 + 2, parts.flat().length, ...parts.flat()];
 * const node = (op, from, to) => message(1, text(1, from), text(2, to), text(4, op));
 * const graph = message(7, node("Neg", "x", "h"), node("Relu", "h", "y"), message(11, text(1, "x")), message(12, text(1, "y")));
 * const model = parseOnnxModel(bytesInMemory(Uint8Array.from(graph), "tiny.onnx"));
 * console.log(cutGraph(model, { to: ["h"] }).nNodes); // 1
 */
export function cutGraph(model: OnnxModel, cut: GraphCut): GraphPart {
  const { to, from = [] } = cut;
  checkNames(model, cut);
  const given = new Set(from.map(({ name }) => name));
  const needed = nodesFor(to, { index: indexGraph(model), given });
  const nodes = model.nodes.filter((node) => needed.has(node));
  const read = new Set([...nodes.flatMap(readsOf), ...to]);
  for (const name of given) {
    if (read.has(name)) continue;
    throw usageError({
      code: "hook-point-bypassed",
      message: `cutGraph(): expected ${to.join(", ")} to depend on "${name}", it does not`,
      where: model.source.where,
      hint: "choose a hook point that lies before the outputs",
    });
  }
  const inputs = model.inputs.filter(({ name }) => read.has(name) && !given.has(name));
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const values = [...model.values.values()].filter(({ name }) => made.has(name) && !to.includes(name));
  const graph = [
    ...nodes.map((node) => nodePart(model, node)),
    ...[...model.initializers.values()]
      .filter(({ name }) => read.has(name))
      .map((initializer) => initializerPart(model, initializer, cut)),
    ...model.rest.ofGraph.map((range) => bytesOf(model.source, range)),
    ...inputs.map(({ range }) => bytesOf(model.source, range)),
    ...from.map(inputPart),
    ...to.map((name) => outputPart(model, name)),
    ...values.map(({ range }) => bytesOf(model.source, range)),
  ];
  const bytes = concatenate([
    ...model.rest.ofModel.map((range) => bytesOf(model.source, range)),
    messageField(7, graph),
  ]);
  return { bytes, inputs, nNodes: nodes.length };
}

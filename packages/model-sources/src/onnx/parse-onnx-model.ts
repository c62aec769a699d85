import { fileError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import {
  type OnnxDimension,
  type OnnxInitializer,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
  onnxLimits,
} from "./onnx-model.ts";
import {
  type ByteRange,
  corruptModel,
  fieldsOf,
  integerOf,
  integersOf,
  textOf,
  type WireField,
} from "./wire-reader.ts";

/** Counts what a file declares, so that a small file cannot ask for a lot of memory. */
interface Budget {
  nNodes: number;
  nTensors: number;
}

function spend(source: ByteSource, budget: Budget, part: Partial<Budget>): void {
  budget.nNodes += part.nNodes ?? 0;
  budget.nTensors += part.nTensors ?? 0;
  const { maxNodes, maxTensors } = onnxLimits;
  if (budget.nNodes <= maxNodes && budget.nTensors <= maxTensors) return;
  throw fileError({
    code: "model-too-large",
    message: `expected a graph of at most ${maxNodes} nodes and ${maxTensors} tensors, got more`,
    where: source.where,
  });
}

function message(source: ByteSource, field: WireField): ByteRange {
  if (field.type === 2) return field.payload;
  throw corruptModel(source, field.start, "expected a message, got a number");
}

/** Number of axes that any runtime takes. */
const maxRank = 64;

function dimensionsOf(source: ByteSource, shape: ByteRange): OnnxDimension[] {
  const dimensions: OnnxDimension[] = [];
  for (const field of fieldsOf(source, shape)) {
    if (field.number !== 1) continue;
    if (dimensions.length === maxRank) throw corruptModel(source, field.start, `more than ${maxRank} axes`);
    let dimension: OnnxDimension;
    for (const part of fieldsOf(source, message(source, field))) {
      if (part.number === 1) dimension = integerOf(source, part);
      if (part.number === 2) dimension = textOf(source, part);
    }
    dimensions.push(dimension);
  }
  return dimensions;
}

function parseValue(source: ByteSource, whole: WireField): OnnxValue {
  let name = "";
  let elementType: number | undefined;
  let dimensions: OnnxDimension[] | undefined;
  for (const field of fieldsOf(source, message(source, whole))) {
    if (field.number === 1) name = textOf(source, field);
    if (field.number !== 2) continue;
    for (const kind of fieldsOf(source, message(source, field))) {
      // Sequences, maps and optional values have other numbers.
      if (kind.number !== 1) continue;
      for (const part of fieldsOf(source, message(source, kind))) {
        if (part.number === 1) elementType = integerOf(source, part);
        if (part.number === 2) dimensions = dimensionsOf(source, message(source, part));
      }
    }
  }
  return {
    name,
    ...(elementType === undefined ? {} : { elementType }),
    ...(dimensions === undefined ? {} : { dimensions }),
    range: { start: whole.start, end: whole.end },
  };
}

/** The value of an entry of a list of pairs, if it is the one of that key. */
function entryOf(source: ByteSource, field: WireField, wanted: string): string | undefined {
  let key = "";
  let value = "";
  for (const part of fieldsOf(source, message(source, field))) {
    if (part.number === 1) key = textOf(source, part);
    if (part.number === 2) value = textOf(source, part);
  }
  return key === wanted ? value : undefined;
}

function parseInitializer(source: ByteSource, range: ByteRange): OnnxInitializer {
  let name = "";
  let elementType = 0;
  let raw: ByteRange | undefined;
  let location: string | undefined;
  const dimensions: number[] = [];
  for (const field of fieldsOf(source, range)) {
    if (field.number === 1) {
      for (const size of integersOf(source, field)) {
        if (dimensions.length === maxRank)
          throw corruptModel(source, field.start, `more than ${maxRank} axes`);
        dimensions.push(Number(size));
      }
    }
    if (field.number === 2) elementType = integerOf(source, field);
    if (field.number === 8) name = textOf(source, field);
    if (field.number === 9) raw = message(source, field);
    if (field.number === 13) location = entryOf(source, field, "location") ?? location;
  }
  return {
    name,
    elementType,
    dimensions,
    range,
    ...(raw === undefined ? {} : { raw }),
    ...(location === undefined ? {} : { location }),
  };
}

interface GraphNames {
  readonly used: Set<string>;
  readonly made: Set<string>;
}

/** Names that the body of a branch or loop reads from the graph around it. */
function outerNames(source: ByteSource, body: ByteRange, budget: Budget, depth: number): Set<string> {
  if (depth > onnxLimits.maxDepth) {
    throw corruptModel(source, body.start, `branches nested deeper than ${onnxLimits.maxDepth}`);
  }
  const names: GraphNames = { used: new Set(), made: new Set() };
  for (const field of fieldsOf(source, body)) {
    if (field.number === 1) {
      const node = parseNode(source, message(source, field), budget, depth);
      for (const name of [...node.inputs, ...node.implicitInputs]) names.used.add(name);
      for (const name of node.outputs) names.made.add(name);
    }
    if (field.number === 5) names.made.add(parseInitializer(source, message(source, field)).name);
    if (field.number === 11) names.made.add(parseValue(source, field).name);
    if (field.number === 12) names.used.add(parseValue(source, field).name);
  }
  return new Set([...names.used].filter((name) => name !== "" && !names.made.has(name)));
}

function bodiesOf(source: ByteSource, attribute: ByteRange): ByteRange[] {
  return [...fieldsOf(source, attribute)]
    .filter((field) => field.number === 6 || field.number === 11)
    .map((field) => message(source, field));
}

function parseNode(source: ByteSource, range: ByteRange, budget: Budget, depth: number): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const implicit = new Set<string>();
  const texts = { name: "", opType: "", domain: "" };
  for (const field of fieldsOf(source, range)) {
    if (field.number === 1) inputs.push(textOf(source, field));
    if (field.number === 2) outputs.push(textOf(source, field));
    if (field.number === 3) texts.name = textOf(source, field);
    if (field.number === 4) texts.opType = textOf(source, field);
    if (field.number === 7) texts.domain = textOf(source, field);
    if (field.number !== 5) continue;
    for (const body of bodiesOf(source, message(source, field))) {
      for (const name of outerNames(source, body, budget, depth + 1)) implicit.add(name);
    }
  }
  spend(source, budget, { nNodes: 1, nTensors: inputs.length + outputs.length });
  return { ...texts, inputs, outputs, implicitInputs: [...implicit], body: range };
}

/** Parts of a graph as they are found; a file may hold it in several pieces, which add up. */
interface Pieces {
  readonly nodes: OnnxNode[];
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  readonly values: Map<string, OnnxValue>;
  readonly initializers: Map<string, OnnxInitializer>;
  readonly rest: { readonly ofModel: ByteRange[]; readonly ofGraph: ByteRange[] };
}

function addGraph(source: ByteSource, graph: ByteRange, pieces: Pieces, budget: Budget): void {
  for (const field of fieldsOf(source, graph)) {
    if (field.number === 1) {
      pieces.nodes.push(parseNode(source, message(source, field), budget, 0));
    } else if (field.number === 5) {
      const initializer = parseInitializer(source, message(source, field));
      pieces.initializers.set(initializer.name, initializer);
      spend(source, budget, { nTensors: 1 });
    } else if (field.number === 11 || field.number === 12 || field.number === 13) {
      const value = parseValue(source, field);
      if (field.number === 11) pieces.inputs.push(value);
      else if (field.number === 12) pieces.outputs.push(value);
      else pieces.values.set(value.name, value);
      spend(source, budget, { nTensors: 1 });
    } else {
      pieces.rest.ofGraph.push({ start: field.start, end: field.end });
    }
  }
}

/**
 * Reads the graph of an ONNX model and leaves its weights where they are. Nothing in it is trusted: lengths are checked
 * against what encloses them, and a graph may be as large as `onnxLimits` say.
 *
 * @throws PlumblineError (kind `input`) `corrupt-model` naming the byte, `model-too-large`
 * @source onnx.proto of ONNX 1.18
 */
export function parseOnnxModel(source: ByteSource): OnnxModel {
  const budget: Budget = { nNodes: 0, nTensors: 0 };
  const pieces: Pieces = {
    nodes: [],
    inputs: [],
    outputs: [],
    values: new Map(),
    initializers: new Map(),
    rest: { ofModel: [], ofGraph: [] },
  };
  for (const field of fieldsOf(source, { start: 0, end: source.size })) {
    if (field.number === 7) addGraph(source, message(source, field), pieces, budget);
    else pieces.rest.ofModel.push({ start: field.start, end: field.end });
  }
  if (pieces.nodes.length === 0 || pieces.outputs.length === 0) {
    throw corruptModel(source, 0, "expected a graph with nodes and outputs, found none");
  }
  return {
    source,
    ...pieces,
    inputs: pieces.inputs.filter(({ name }) => !pieces.initializers.has(name)),
  };
}

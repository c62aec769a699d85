import type { OnnxNode } from "./onnx-model.ts";
import { concatenate, messageField, textField, type WirePart } from "./wire-writer.ts";

/** A node made of its parts. `attributes` are whole fields of a NodeProto. */
export function makeNode(parts: {
  readonly name: string;
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly WirePart[];
}): OnnxNode {
  const { attributes = [], ...node } = parts;
  const body = concatenate([
    ...node.inputs.map((name) => textField(1, name)),
    ...node.outputs.map((name) => textField(2, name)),
    textField(3, node.name),
    textField(4, node.opType),
    ...attributes,
  ]);
  return { ...node, domain: "", implicitInputs: [], body };
}

/** An attribute that holds one float32. */
export function floatAttribute(name: string, value: number): WirePart {
  const number = new Uint8Array(5);
  // Field 2 (f) of fixed type 5, attribute type 1 (FLOAT).
  number[0] = 2 * 8 + 5;
  new DataView(number.buffer).setFloat32(1, value, true);
  return messageField(5, [textField(1, name), number, Uint8Array.of(0xa0, 0x01, 1)]);
}

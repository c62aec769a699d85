import type { ByteSource } from "./byte-source.ts";
import type { OnnxNode } from "./onnx-model.ts";
import { fieldsOf, textOf } from "./wire-reader.ts";

/** The float attribute of a node in the file, or nothing where it has none of that name. */
export function floatAttributeOf(source: ByteSource, node: OnnxNode, name: string): number | undefined {
  if (node.body instanceof Uint8Array) return undefined;
  for (const field of fieldsOf(source, node.body)) {
    if (field.number !== 5 || field.type !== 2) continue;
    let found = false;
    let value: number | undefined;
    for (const part of fieldsOf(source, field.payload)) {
      if (part.number === 1 && part.type === 2) found = textOf(source, part) === name;
      if (part.number === 2 && part.type === 5) {
        const bytes = source.read(part.end - 4, 4);
        value = new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
      }
    }
    if (found) return value;
  }
  return undefined;
}

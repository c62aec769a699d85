import { onnx } from "onnx-proto";

const float = 1;
const int64 = 7;

interface TensorShape {
  readonly name: string;
  readonly type?: number;
  readonly dims?: readonly (number | string)[];
}

const valueInfo = ({ name, type = float, dims }: TensorShape): onnx.IValueInfoProto =>
  dims === undefined
    ? { name }
    : {
        name,
        type: {
          tensorType: {
            elemType: type,
            shape: {
              dim: dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size })),
            },
          },
        },
      };

/** Weights as raw bytes. */
export const weight = (
  name: string,
  dims: number[],
  data: Float32Array | BigInt64Array,
): onnx.ITensorProto => ({
  name,
  dims,
  dataType: data instanceof Float32Array ? float : int64,
  rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});

/** A node by its parts, written `op`, `a, b` → `c`. */
export const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  more: onnx.INodeProto = {},
): onnx.INodeProto => ({
  name: `make ${output[0]}`,
  opType,
  input: [...input],
  output: [...output],
  ...more,
});

/** An ONNX file, encoded by protobufjs. */
export function onnxFile(graph: {
  readonly nodes: readonly onnx.INodeProto[];
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  readonly weights?: readonly onnx.ITensorProto[];
  readonly values?: readonly TensorShape[];
}): Uint8Array {
  const { nodes, inputs, outputs, weights = [], values = [] } = graph;
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "tiny",
      node: [...nodes],
      initializer: [...weights],
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
      valueInfo: values.map(valueInfo),
    },
  });
  return onnx.ModelProto.encode(model).finish();
}

/** x [n, 32] · w, negated as `h`, then twice `h` as `y`; beside it `z`, which does not depend on `h`. */
export function chainFile(
  w: Float32Array = Float32Array.from({ length: 1024 }, (_, i) => (i % 33 === 0 ? 1 : 0)),
): Uint8Array {
  return onnxFile({
    nodes: [
      node("MatMul", ["x", "w"], ["p"]),
      node("Neg", ["p"], ["h"]),
      node("Add", ["h", "h"], ["y"]),
      node("Identity", ["x"], ["z"]),
    ],
    inputs: [{ name: "x", dims: ["n", 32] }],
    outputs: [
      { name: "y", dims: ["n", 32] },
      { name: "z", dims: ["n", 32] },
    ],
    weights: [weight("w", [32, 32], w)],
    values: [{ name: "h", dims: ["n", 32] }],
  });
}

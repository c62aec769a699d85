/** For tests: a graph of a few nodes as a converter would write it, with 8 weights in two files. */

const float = { type: "DT_FLOAT" };
const int = { type: "DT_INT32" };
const dims = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) });
const constant = (name: string, type: { type: string }, ...sizes: number[]) => ({
  name,
  op: "Const",
  attr: { dtype: type, value: { tensor: { dtype: type.type, tensorShape: dims(...sizes) } } },
});
const placeholder = (name: string, type: { type: string }, ...sizes: number[]) => ({
  name,
  op: "Placeholder",
  attr: { dtype: type, shape: { shape: dims(...sizes) } },
});

/** Row i of the table is [i, -i]; the bias is not needed for anything but a second shard. */
export const tinyTable: readonly number[] = [0, -0, 1, -1, 2, -2];
export const tinyBias: readonly number[] = [10, 20];

interface TinyWeightsGroup {
  readonly paths: readonly string[];
  readonly weights: readonly {
    readonly name: string;
    readonly shape: number[];
    readonly dtype: "float32" | "int32";
  }[];
}

/** The part of a model.json that the tests touch. */
interface TinyModel {
  readonly format: string;
  readonly generatedBy: string;
  readonly modelTopology: object;
  readonly weightsManifest: readonly [TinyWeightsGroup, TinyWeightsGroup];
}

/**
 * `ids` [batch, longest] → `embedding` [batch, longest, 2] → `biased` → `relu`; `matrix` [allTokens, 2] times its own
 * transpose, and `picked`, which needs the dynamic operation `where`.
 */
export const tinyModelJson: TinyModel = {
  format: "graph-model",
  generatedBy: "by hand",
  modelTopology: {
    node: [
      placeholder("ids", int, -1, -1),
      placeholder("matrix", float, -1, 2),
      constant("table", float, 3, 2),
      constant("bias", float, 2),
      constant("axis", int),
      {
        name: "embedding",
        op: "GatherV2",
        input: ["table", "ids", "axis"],
        attr: { Tparams: float, Tindices: int, Taxis: int, batch_dims: { i: "0" } },
      },
      { name: "biased", op: "AddV2", input: ["embedding", "bias"], attr: { T: float } },
      { name: "relu", op: "Relu", input: ["biased"], attr: { T: float } },
      {
        name: "product",
        op: "MatMul",
        input: ["matrix", "matrix"],
        attr: { T: float, transpose_a: { b: false }, transpose_b: { b: true } },
      },
      { name: "zero", op: "ZerosLike", input: ["matrix"], attr: { T: float } },
      { name: "positive", op: "Greater", input: ["matrix", "zero"], attr: { T: float } },
      { name: "places", op: "Where", input: ["positive"], attr: { T: { type: "DT_BOOL" } } },
      { name: "picked", op: "Cast", input: ["places"], attr: { SrcT: int, DstT: float } },
    ],
    versions: { producer: 1 },
  },
  weightsManifest: [
    {
      paths: ["first.bin", "second.bin"],
      weights: [
        { name: "table", shape: [3, 2], dtype: "float32" },
        { name: "bias", shape: [2], dtype: "float32" },
      ],
    },
    { paths: ["third.bin"], weights: [{ name: "axis", shape: [], dtype: "int32" }] },
  ],
};

/** The weight files by name; the first two are cut in the middle of a weight, as the converter does. */
export function tinyShards(): Record<string, Uint8Array> {
  const floats = new Uint8Array(Float32Array.from([...tinyTable, ...tinyBias]).buffer);
  return {
    "first.bin": floats.slice(0, 10),
    "second.bin": floats.slice(10),
    "third.bin": new Uint8Array(Int32Array.of(0).buffer),
  };
}

import type { ByteSource } from "./byte-source.ts";
import type { ByteRange } from "./wire-reader.ts";

/** An axis: its length, the name of a length that varies, or nothing known. */
export type OnnxDimension = number | string | undefined;

/** What a graph says of one of its tensors. */
export interface OnnxValue {
  readonly name: string;
  /** `TensorProto.DataType`: 1 float32, 7 int64, 10 float16, …; absent where it is not said */
  readonly elementType?: number;
  readonly dimensions?: readonly OnnxDimension[];
  /** the whole field in the file */
  readonly range: ByteRange;
}

/** A weight or another constant of a graph. */
export interface OnnxInitializer {
  readonly name: string;
  readonly elementType: number;
  readonly dimensions: readonly number[];
  /** the message in the file */
  readonly range: ByteRange;
  /** its values in the file, where they are raw bytes; absent for external data and lists of numbers */
  readonly raw?: ByteRange;
  /** the file that holds its values, relative to the model's, where they are external */
  readonly location?: string;
}

/** One operation. */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** empty for ONNX's own operations */
  readonly domain: string;
  /** an empty name is an optional input or output that is left out */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** tensors of the graph that its branches and loop bodies read */
  readonly implicitInputs: readonly string[];
  /** the message: in the file, or made anew */
  readonly body: ByteRange | Uint8Array;
}

/** A model's graph, without its weights: they stay in the file. */
export interface OnnxModel {
  readonly source: ByteSource;
  readonly nodes: readonly OnnxNode[];
  /** without initializers, which old exporters name as inputs too */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** what is said of tensors in between; often nothing */
  readonly values: ReadonlyMap<string, OnnxValue>;
  readonly initializers: ReadonlyMap<string, OnnxInitializer>;
  /** whole fields of the model that are no graph, and of the graph that are none of the above */
  readonly rest: { readonly ofModel: readonly ByteRange[]; readonly ofGraph: readonly ByteRange[] };
}

/** What a model may ask of its reader before it is refused. */
export const onnxLimits: {
  readonly maxNodes: number;
  readonly maxTensors: number;
  readonly maxDepth: number;
} = Object.freeze({
  // A model of 200 layers has some 20,000.
  maxNodes: 1_000_000,
  maxTensors: 1_000_000,
  // Branches within branches.
  maxDepth: 16,
});

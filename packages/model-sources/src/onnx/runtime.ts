/** What this package needs of a tensor of ONNX Runtime. */
export interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
  dispose?(): void;
}

/** What this package needs of a session of ONNX Runtime. */
export interface RuntimeSession<T extends RuntimeTensor = RuntimeTensor> {
  run(
    feeds: { readonly [name: string]: T },
    fetches?: readonly string[],
  ): Promise<{ readonly [name: string]: T }>;
  release(): Promise<void>;
}

/**
 * ONNX Runtime, as `onnxruntime-node` and `onnxruntime-web` export it: what runs the models. Their overloads differ;
 * `never` is what all of them take.
 */
export interface OnnxRuntime {
  readonly Tensor: new (type: never, data: never, dims: never) => RuntimeTensor;
  readonly InferenceSession: { create(model: never, options: never): Promise<unknown> };
}

/** How a session computes. */
export interface SessionOptions {
  /** as ONNX Runtime knows them, in order of preference: `cpu`, `cuda`, `webgpu`, `coreml`, …; `["cpu"]` by default */
  readonly executionProviders?: readonly string[];
  /** threads of one operation; ONNX Runtime's choice by default, the number of cores */
  readonly threads?: number;
}

/** Names of `TensorProto.DataType` as ONNX Runtime has them in JavaScript. */
const elementTypes: ReadonlyMap<number, string> = new Map([
  [1, "float32"],
  [2, "uint8"],
  [3, "int8"],
  [6, "int32"],
  [7, "int64"],
  [9, "bool"],
  [10, "float16"],
  [11, "float64"],
]);

/** ONNX Runtime's name of an element type, or `type 16` where it has none. */
export const elementTypeName = (type: number | undefined): string =>
  elementTypes.get(type ?? 0) ?? `type ${type ?? "unknown"}`;

/** The number of an element type that a runtime names. */
export const elementTypeNumber = (name: string): number =>
  [...elementTypes].find(([, known]) => known === name)?.[0] ?? 0;

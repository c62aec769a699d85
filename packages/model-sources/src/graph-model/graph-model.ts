/** What this package needs of a TensorFlow.js tensor. */
export interface GraphTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed?: boolean;
  data(): Promise<ArrayLike<number | string>>;
  dispose(): void;
}

/** What this package needs of a TensorFlow.js graph model; a `GraphModel` of `@tensorflow/tfjs-converter` has it. */
export interface GraphModelLike<T extends GraphTensor> {
  executeAsync(inputs: { [name: string]: T }, outputs: string): Promise<T | T[]>;
  /** used first where it is there: it is faster, but cannot run graphs with dynamic operations */
  execute?(inputs: { [name: string]: T }, outputs: string): T | T[];
  /** the model's own tensors, which must outlive a run */
  readonly weights?: { readonly [name: string]: readonly T[] };
}

/** Some sequences to run the model on at once. */
export interface GraphFeed<T extends GraphTensor> {
  /** by name of the graph's inputs (or of any node); disposed by the source once the model has run */
  readonly inputs: { readonly [name: string]: T };
  /** rows to keep of each sequence, from its first on */
  readonly lengths: readonly number[];
  /** token of each kept row, all sequences one after the other */
  readonly tokenIds?: Int32Array;
}

/**
 * Names of all nodes of a model's graph, for messages, or none where they cannot be seen. The converter's `GraphModel`
 * keeps them private (`executor.graph.nodes` in 4.22).
 */
export function nodeNames(model: object): readonly string[] {
  const { executor } = model as { executor?: { graph?: { nodes?: unknown } } };
  const nodes = executor?.graph?.nodes;
  return typeof nodes === "object" && nodes !== null ? Object.keys(nodes) : [];
}

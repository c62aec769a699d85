import { type ActivationChunk, type ActivationSource, activationSourceSpecVersion } from "@plumbline/core";
import { quote, throwIfAborted, usageError } from "../errors.ts";
import type { GraphFeed, GraphModelLike, GraphTensor } from "./graph-model.ts";
import { pickRows } from "./pick-rows.ts";
import { createNodeRunner, type NodeRunner } from "./run-node.ts";

type FeedSequence<T extends GraphTensor> = AsyncIterable<GraphFeed<T>> | Iterable<GraphFeed<T>>;

/** What {@link graphModelSource} takes. */
export interface GraphModelSourceOptions<T extends GraphTensor> {
  readonly model: GraphModelLike<T>;
  /** name of the node whose output is wanted, as `encoder/layer_0/add` */
  readonly node: string;
  /**
   * What to run the model on: a function that starts afresh each time, or something that can be iterated again. Feeds must
   * be made anew for each reading, since their tensors are disposed.
   */
  readonly feeds: (() => FeedSequence<T>) | FeedSequence<T>;
  /** width of the node's output */
  readonly dIn: number;
  /** by default the name of the node */
  readonly hookPoint?: string;
  /** rows of all feeds together, where that is known */
  readonly nRows?: number;
  readonly provenance?: Readonly<Record<string, string | number | boolean>>;
}

function checkFeed<T extends GraphTensor>(feed: GraphFeed<T>, index: number): void {
  const nRows = feed.lengths.reduce((sum, length) => sum + length, 0);
  const refuse = (message: string, hint: string): never => {
    throw usageError({
      code: "bad-feed",
      message: `graphModelSource(): ${message}`,
      where: `feed ${index}`,
      hint,
    });
  };
  if (!feed.lengths.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    refuse(
      `expected lengths to be integers from 0, got [${feed.lengths.join(", ")}]`,
      "give the rows to keep of each sequence",
    );
  }
  if (feed.tokenIds !== undefined && feed.tokenIds.length !== nRows) {
    refuse(
      `expected ${nRows} tokenIds, the sum of lengths, got ${feed.tokenIds.length}`,
      "give one for each kept row",
    );
  }
  for (const [name, tensor] of Object.entries(feed.inputs)) {
    if (tensor.isDisposed === true) {
      refuse(`the input ${quote(name)} was disposed`, "let feeds be a function that makes its tensors anew");
    }
  }
}

/** Runs one feed and keeps its rows; all tensors are disposed whatever happens, the feed's inputs too. */
async function chunkOf<T extends GraphTensor>(
  feed: GraphFeed<T>,
  reading: { index: number; run: NodeRunner<T>; signal: AbortSignal | undefined },
  options: GraphModelSourceOptions<T>,
): Promise<ActivationChunk> {
  const { model, node, dIn } = options;
  const { index, run, signal } = reading;
  let output: T | undefined;
  try {
    throwIfAborted(signal, "chunks()");
    checkFeed(feed, index);
    output = await run({ ...feed.inputs });
    if (output.dtype !== "float32") {
      throw usageError({
        code: "dtype-mismatch",
        message: `graphModelSource(): expected node "${node}" to give float32, got ${output.dtype}`,
        hint: "is it the right node?",
      });
    }
    const data = await output.data();
    const values = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>);
    const picked = pickRows(values, { node, shape: output.shape, lengths: feed.lengths, dIn });
    return feed.tokenIds === undefined ? picked : { ...picked, tokenIds: feed.tokenIds };
  } finally {
    // A constant's output is the weight itself, and the model needs it again.
    const isWeight = Object.values(model.weights ?? {}).some((tensors) => tensors.some((t) => t === output));
    if (!isWeight) output?.dispose();
    for (const tensor of Object.values(feed.inputs)) if (tensor.isDisposed !== true) tensor.dispose();
  }
}

/** A function that starts the feeds; the second start of something that can be read only once is an error. */
function feedStarter<T extends GraphTensor>(
  feeds: GraphModelSourceOptions<T>["feeds"],
): () => FeedSequence<T> {
  if (typeof feeds === "function") return feeds;
  // A generator is its own iterator, and at its end after one reading.
  const isOneShot = "next" in feeds;
  let started = false;
  return () => {
    if (isOneShot && started) {
      throw usageError({
        code: "feeds-used-up",
        message: "graphModelSource(): these feeds can be read only once, and were",
        hint: "let feeds be a function that starts them afresh: feeds: () => makeFeeds()",
      });
    }
    started = true;
    return feeds;
  };
}

/**
 * Activations at a node of a TensorFlow.js graph model, in the order of the feeds. Nothing is held back: one chunk a feed,
 * padding dropped. Runs on whatever TensorFlow.js backend is active; all others leave `cpu` far behind.
 *
 * The node's output must be float32 of shape `[batch, longest, dIn]` (sequences padded), `[1, allTokens, dIn]` or
 * `[allTokens, dIn]` (sequences one after the other). Every tensor is disposed: the outputs and the feeds' inputs.
 *
 * @throws PlumblineError (kind `usage`) `bad-option`; while reading, `unknown-node`, `model-refused`, `shape-mismatch`,
 *   `dtype-mismatch`, `bad-feed`, `feeds-used-up`, `row-count-mismatch`, and `interrupted`
 * @example
 * import { graphModelSource } from "@plumbline/model-sources";
 *
 * // Stands in for loadGraphModelFromFolder(): two sequences, the second one padded.
 * const tensor = (values: number[], shape: number[]) => ({
 *   shape,
 *   dtype: "float32",
 *   data: async () => Float32Array.from(values),
 *   dispose() {},
 * });
 * const model = { executeAsync: async () => tensor([5, -5, 6, -6, 7, -7, 0, 0], [2, 2, 2]) };
 * const ids = tensor([5, 6, 7, 0], [2, 2]);
 * const source = graphModelSource({
 *   model,
 *   node: "embedding",
 *   dIn: 2,
 *   feeds: () => [{ inputs: { ids }, lengths: [2, 1], tokenIds: Int32Array.of(5, 6, 7) }],
 * });
 * for await (const { rows } of source.chunks()) console.log(rows); // Float32Array(6) [ 5, -5, 6, -6, 7, -7 ]
 */
export function graphModelSource<T extends GraphTensor>(
  options: GraphModelSourceOptions<T>,
): ActivationSource {
  const { model, node, dIn, hookPoint = node, nRows, provenance } = options;
  if (!Number.isSafeInteger(dIn) || dIn < 1) {
    throw usageError({
      code: "bad-option",
      message: `graphModelSource(): expected dIn to be an integer from 1, got ${dIn}`,
    });
  }
  const startFeeds = feedStarter(options.feeds);
  async function* chunks(reading: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ActivationChunk> {
    const run = createNodeRunner(model, node);
    let index = 0;
    let total = 0;
    const { signal } = reading;
    throwIfAborted(signal, "chunks()");
    for await (const feed of startFeeds()) {
      const chunk = await chunkOf(feed, { index, run, signal }, options);
      index++;
      total += chunk.nRows;
      if (chunk.nRows > 0) yield chunk;
    }
    if (nRows !== undefined && total !== nRows) {
      throw usageError({
        code: "row-count-mismatch",
        message: `graphModelSource(): expected ${nRows} rows as announced, the feeds gave ${total}`,
      });
    }
  }
  return Object.freeze({
    specVersion: activationSourceSpecVersion,
    name: "tfjs-graph-model",
    dIn,
    hookPoint,
    ...(nRows === undefined ? {} : { nRows }),
    provenance: Object.freeze({ node, ...provenance }),
    chunks,
  });
}

import type { ActivationSource } from "@plumbline/core";
import * as tf from "@tensorflow/tfjs";
import { type GraphModel, loadGraphModel } from "@tensorflow/tfjs-converter";
import { afterAll, afterEach, beforeAll, beforeEach, expect, describe as suite, test, vi } from "vitest";
import { graphModelSource } from "./graph-model-source.ts";
import { tinyModelJson, tinyShards } from "./tiny-graph.test-data.ts";

let model: GraphModel;
let tensorsBefore = 0;
beforeAll(async () => {
  tf.env().set("PROD", true);
  await tf.setBackend("cpu");
  const { modelTopology, weightsManifest } = tinyModelJson;
  const weightSpecs = weightsManifest.flatMap(({ weights }) =>
    weights.map((weight) => ({ ...weight, shape: [...weight.shape] })),
  );
  const weightData = Object.values(tinyShards()).map((bytes) => bytes.slice().buffer as ArrayBuffer);
  model = await loadGraphModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) });
});
afterAll(() => model.dispose());
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
// Whatever a test did, well or badly: no tensor is left behind.
afterEach(() => expect(tf.memory().numTensors).toBe(tensorsBefore));

const feed = (ids: number[][], lengths: number[], tokenIds?: number[]) => ({
  inputs: { ids: tf.tensor2d(ids, undefined, "int32") },
  lengths,
  ...(tokenIds === undefined ? {} : { tokenIds: Int32Array.from(tokenIds) }),
});

async function chunksOf(source: ActivationSource) {
  const chunks: object[] = [];
  for await (const chunk of source.chunks()) chunks.push(chunk);
  return chunks;
}

const node = "embedding";
const dIn = 2;

suite("graphModelSource()", () => {
  test("gives each token's activations with its id and position, as often as asked", async () => {
    const source = graphModelSource({
      model,
      node: "relu",
      dIn,
      nRows: 4,
      provenance: { model: "tiny" },
      feeds: async function* () {
        yield feed(
          [
            [1, 2],
            [2, 0],
          ],
          [2, 1],
          [1, 2, 2],
        );
        yield feed([[0]], [1]);
      },
    });
    // Row i of the table is [i, -i], the bias [10, 20].
    const expected = [
      {
        nRows: 3,
        rows: Float32Array.of(11, 19, 12, 18, 12, 18),
        positions: Int32Array.of(0, 1, 0),
        tokenIds: Int32Array.of(1, 2, 2),
      },
      { nRows: 1, rows: Float32Array.of(10, 20), positions: Int32Array.of(0) },
    ];
    expect(await chunksOf(source)).toEqual(expected);
    expect(await chunksOf(source)).toEqual(expected);
    expect(source).toMatchObject({
      specVersion: 1,
      name: "tfjs-graph-model",
      hookPoint: "relu",
      nRows: 4,
      provenance: { node: "relu", model: "tiny" },
    });
  });

  test("leaves the console alone, on graphs with and without dynamic operations", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const matrix = () => ({
      inputs: {
        matrix: tf.tensor2d([
          [1, -1],
          [2, 3],
        ]),
      },
      lengths: [3],
    });
    const dynamic = graphModelSource({ model, node: "picked", dIn, feeds: () => [matrix(), matrix()] });
    // Positive entries of [[1, -1], [2, 3]] are at [0, 0], [1, 0] and [1, 1].
    const rows = Float32Array.of(0, 0, 1, 0, 1, 1);
    expect(await chunksOf(dynamic)).toMatchObject([{ rows }, { rows }]);
    await chunksOf(graphModelSource({ model, node, dIn, feeds: () => [feed([[1]], [1])] }));
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test("takes a model that can only executeAsync()", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const only = { executeAsync: model.executeAsync.bind(model) };
    const source = graphModelSource({ model: only, node, dIn, feeds: () => [feed([[2]], [1])] });
    expect(await chunksOf(source)).toMatchObject([{ rows: Float32Array.of(2, -2) }]);
    warn.mockRestore();
  });

  test("yields nothing for feeds without rows", async () => {
    const source = graphModelSource({ model, node, dIn, feeds: () => [feed([[1]], [0]), feed([[1]], [1])] });
    expect(await chunksOf(source)).toHaveLength(1);
  });

  test("lets nothing lie when the reader stops early or a signal says so", async () => {
    const feeds = function* () {
      for (let i = 0; i < 9; i++) yield feed([[1]], [1]);
    };
    const source = graphModelSource({ model, node, dIn, feeds });
    for await (const _ of source.chunks()) break;
    const controller = new AbortController();
    const read = async () => {
      for await (const _ of source.chunks({ signal: controller.signal })) controller.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: "interrupted", kind: "interrupted" });
    await expect(read()).rejects.toMatchObject({ code: "interrupted" });
  });

  test("does not take the model's own weights away", async () => {
    const source = graphModelSource({ model, node: "table", dIn, feeds: () => [feed([[1]], [3])] });
    expect(await chunksOf(source)).toHaveLength(1);
    expect(await chunksOf(source)).toHaveLength(1);
  });
});

suite("graphModelSource() refuses", () => {
  const refusal = (options: Partial<Parameters<typeof graphModelSource<tf.Tensor>>[0]>) =>
    expect(chunksOf(graphModelSource({ model, node, dIn, feeds: () => [feed([[1, 2]], [2])], ...options })));

  test("a node that is not there, with the nearest that is", async () => {
    await refusal({ node: "embeding" }).rejects.toMatchObject({ code: "unknown-node", kind: "usage" });
    await refusal({ node: "embeding" }).rejects.toThrow('did you mean "embedding"?');
  });

  test("inputs that the graph does not want, with the reason", async () => {
    const named = (inputs: Record<string, tf.Tensor>) => () => [{ inputs, lengths: [1] }];
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await refusal({ feeds: named({ tokens: tf.tensor2d([[1]], undefined, "int32") }) }).rejects.toThrow(
      "tokens",
    );
    await refusal({ feeds: named({ ids: tf.tensor1d([1], "int32") }) }).rejects.toMatchObject({
      code: "model-refused",
      kind: "usage",
    });
    await refusal({ feeds: named({ ids: tf.tensor2d([[1.5]]) }) }).rejects.toThrow("float32");
    warn.mockRestore();
  });

  test("outputs of another shape or dtype, with node and shape", async () => {
    await refusal({ dIn: 3 }).rejects.toThrow(
      'expected node "embedding" to give [1, 2 or more, 3], [1, 2, 3] or [2, 3], got [1, 2, 2]',
    );
    await refusal({ node: "ids", dIn: 2 }).rejects.toThrow('expected node "ids" to give float32, got int32');
  });

  test("feeds that contradict themselves, with their number", async () => {
    await refusal({ feeds: () => [feed([[1]], [1]), feed([[1]], [1], [1, 2])] }).rejects.toThrow(
      "expected 1 tokenIds, the sum of lengths, got 2 (feed 1)",
    );
    await refusal({ feeds: () => [feed([[1]], [-1])] }).rejects.toMatchObject({ code: "bad-feed" });
    await refusal({ feeds: () => [feed([[1]], [0.5])] }).rejects.toMatchObject({ code: "bad-feed" });
  });

  test("feeds that cannot be read again", async () => {
    const generator = (function* () {
      yield feed([[1]], [1]);
    })();
    const source = graphModelSource({ model, node, dIn, feeds: generator });
    await chunksOf(source);
    await expect(chunksOf(source)).rejects.toMatchObject({ code: "feeds-used-up", kind: "usage" });
    const list = graphModelSource({ model, node, dIn, feeds: [feed([[1]], [1])] });
    await chunksOf(list);
    await expect(chunksOf(list)).rejects.toThrow('the input "ids" was disposed (feed 0)');
  });

  test("another number of rows than announced, and a width that is none", async () => {
    await refusal({ nRows: 3 }).rejects.toThrow("expected 3 rows as announced, the feeds gave 2");
    expect(() => graphModelSource({ model, node, dIn: 0, feeds: [] })).toThrow("dIn");
  });
});

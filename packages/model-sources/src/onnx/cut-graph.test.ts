import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import * as ort from "onnxruntime-node";
import { expect, describe as suite, test } from "vitest";
import { bytesInMemory } from "./byte-source.ts";
import { cutGraph } from "./cut-graph.ts";
import { parseOnnxModel } from "./parse-onnx-model.ts";
import { chainFile, node, onnxFile } from "./tiny-onnx.test-data.ts";

const parse = (bytes: Uint8Array) => parseOnnxModel(bytesInMemory(bytes, "model.onnx"));
const w = Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i));
const x = new ort.Tensor(
  "float32",
  Float32Array.from({ length: 64 }, (_, i) => Math.cos(i)),
  [2, 32],
);

async function run(bytes: Uint8Array, feeds: Record<string, ort.Tensor>, options = {}) {
  const session = await ort.InferenceSession.create(bytes, options);
  const outputs = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
}

suite("cutGraph()", () => {
  const model = parse(chainFile(w));

  test("keeps the nodes that a tensor needs, and computes it as the whole does", async () => {
    const { bytes, nNodes, inputs } = cutGraph(model, { to: ["h"] });
    expect([nNodes, inputs.map(({ name }) => name)]).toEqual([2, ["x"]]);
    const whole = await run(chainFile(w), { x });
    const { h } = await run(bytes, { x });
    expect(h?.map((value) => 2 * value)).toEqual(whole.y);
  });

  test("goes on from a tensor that is given, without what came before it", async () => {
    const from = [{ name: "h", elementType: 1, dimensions: [undefined, 32] }];
    const { bytes, nNodes, inputs } = cutGraph(model, { from, to: ["y"] });
    expect([nNodes, inputs]).toEqual([1, []]);
    const weights = onnx.ModelProto.decode(bytes).graph?.initializer;
    expect(weights).toEqual([]);
    const { y } = await run(bytes, { h: x });
    expect(y).toEqual((x.data as Float32Array).map((value) => 2 * value));
  });

  test("refers to weights in the model's own file instead of copying them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "plumbline-onnx-"));
    await writeFile(join(folder, "model.onnx"), chainFile(w));
    const { bytes } = cutGraph(model, { to: ["y"], weightsIn: "model.onnx" });
    expect(bytes.length).toBeLessThan(600);
    const options = { extra: { session: { model_external_initializers_file_folder_path: folder } } };
    expect((await run(bytes, { x }, options)).y).toEqual((await run(chainFile(w), { x })).y);
  });

  test("refuses tensors that are not there, and a hook point that is passed by", () => {
    expect(() => cutGraph(model, { to: ["hh"] })).toThrow(
      expect.objectContaining({ code: "unknown-tensor", hint: expect.stringContaining('did you mean "h"?') }),
    );
    const from = [{ name: "h", elementType: 1, dimensions: [undefined, 32] }];
    expect(() => cutGraph(model, { from, to: ["z"] })).toThrow(
      expect.objectContaining({ code: "hook-point-bypassed" }),
    );
  });

  test("takes along what branches read", async () => {
    const branch = (name: string) => ({
      name,
      node: [node("Neg", ["doubled"], [`${name} out`])],
      output: [{ name: `${name} out`, type: { tensorType: { elemType: 1 } } }],
    });
    const attribute = [
      { name: "then_branch", type: 5, g: branch("then") },
      { name: "else_branch", type: 5, g: branch("else") },
    ];
    const bytes = onnxFile({
      nodes: [
        node("Add", ["x", "x"], ["doubled"]),
        node("If", ["condition"], ["y"], { attribute }),
        node("Neg", ["x"], ["unused"]),
      ],
      inputs: [
        { name: "x", dims: ["n"] },
        { name: "condition", type: 9, dims: [] },
      ],
      outputs: [
        { name: "y", dims: ["n"] },
        { name: "unused", dims: ["n"] },
      ],
    });
    const part = cutGraph(parse(bytes), { to: ["y"] });
    expect(part.nNodes).toBe(2);
    const condition = new ort.Tensor("bool", [true], []);
    const two = new ort.Tensor("float32", Float32Array.of(3, 4), [2]);
    expect((await run(part.bytes, { x: two, condition })).y).toEqual(Float32Array.of(-6, -8));
  });
});

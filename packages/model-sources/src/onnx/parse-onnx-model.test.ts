import { PlumblineError } from "@plumbline/core";
import fc from "fast-check";
import { onnx } from "onnx-proto";
import { expect, describe as suite, test } from "vitest";
import { bytesInMemory } from "./byte-source.ts";
import { parseOnnxModel } from "./parse-onnx-model.ts";
import { chainFile, node, onnxFile, weight } from "./tiny-onnx.test-data.ts";

const parse = (bytes: Uint8Array) => parseOnnxModel(bytesInMemory(bytes, "model.onnx"));

suite("parseOnnxModel()", () => {
  test("reads nodes, inputs, outputs, shapes and weights as protobufjs wrote them", () => {
    const model = parse(chainFile());
    expect(model.nodes.map(({ opType, inputs, outputs }) => [opType, inputs, outputs])).toEqual([
      ["MatMul", ["x", "w"], ["p"]],
      ["Neg", ["p"], ["h"]],
      ["Add", ["h", "h"], ["y"]],
      ["Identity", ["x"], ["z"]],
    ]);
    expect(model.inputs).toMatchObject([{ name: "x", elementType: 1, dimensions: ["n", 32] }]);
    expect(model.outputs.map(({ name }) => name)).toEqual(["y", "z"]);
    expect(model.values.get("h")).toMatchObject({ dimensions: ["n", 32] });
    const w = model.initializers.get("w");
    expect(w).toMatchObject({ elementType: 1, dimensions: [32, 32] });
    expect((w?.raw?.end ?? 0) - (w?.raw?.start ?? 0)).toBe(4096);
  });

  test("leaves initializers out of the inputs, where old exporters name them too", () => {
    const bytes = onnxFile({
      nodes: [node("Add", ["x", "w"], ["y"])],
      inputs: [{ name: "x" }, { name: "w" }],
      outputs: [{ name: "y" }],
      weights: [weight("w", [1], Float32Array.of(1))],
    });
    expect(parse(bytes).inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  test("sees what branches read from the graph around them, however deep, and not what they make", () => {
    const inner = { node: [node("Mul", ["deep", "made"], ["r"])], output: [{ name: "r" }] };
    const branch = {
      node: [
        node("Neg", ["outer"], ["made"]),
        node("If", ["made"], ["q"], { attribute: [{ name: "then_branch", type: 5, g: inner }] }),
      ],
      initializer: [weight("own", [1], Float32Array.of(1))],
      output: [{ name: "q" }, { name: "passed" }],
    };
    const bytes = onnxFile({
      nodes: [node("If", ["condition"], ["y"], { attribute: [{ name: "then_branch", type: 5, g: branch }] })],
      inputs: [{ name: "condition" }],
      outputs: [{ name: "y" }],
    });
    const [first] = parse(bytes).nodes;
    expect(new Set(first?.implicitInputs)).toEqual(new Set(["outer", "deep", "passed"]));
  });

  test("adds up a graph that a file holds in pieces", () => {
    const more = onnx.ModelProto.encode(
      onnx.ModelProto.create({ graph: { output: [{ name: "h" }] } }),
    ).finish();
    const both = new Uint8Array(Buffer.concat([chainFile(), more]));
    expect(parse(both).outputs.map(({ name }) => name)).toEqual(["y", "z", "h"]);
  });
});

suite("parseOnnxModel() and bytes from strangers", () => {
  const refused = (bytes: Uint8Array): boolean => {
    try {
      parse(bytes);
      return false;
    } catch (error) {
      if (!PlumblineError.isInstance(error)) throw error;
      expect(error.kind).toBe("input");
      expect(error.where).toContain("model.onnx");
      return true;
    }
  };

  test("refuses files that are something else", () => {
    for (const text of [
      "",
      "PK\u0003\u0004",
      "{}",
      "<html>",
      "version https://git-lfs.github.com/spec/v1\noid sha256:12",
    ]) {
      expect(refused(new TextEncoder().encode(text))).toBe(true);
    }
  });

  test("reads or refuses any cut and any altered byte, and nothing else", () => {
    const whole = chainFile();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const bytes = cut ? whole.slice(0, at) : whole.slice();
        if (!cut) bytes[at] = byte;
        refused(bytes);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  test("reads or refuses any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void refused(bytes)),
      { numRuns: 3000, seed: 2 },
    );
  });

  test("refuses branches without end before the stack does", () => {
    let graph: Uint8Array = onnx.GraphProto.encode(
      onnx.GraphProto.create({ node: [node("Neg", ["a"], ["b"])] }),
    ).finish();
    // By hand: an encoder would recurse.
    const field = (number: number, body: Uint8Array): Uint8Array => {
      const length: number[] = [];
      let rest = body.length;
      for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
      return new Uint8Array(Buffer.concat([Uint8Array.of(number * 8 + 2, ...length, rest), body]));
    };
    for (let depth = 0; depth < 10_000; depth++) graph = field(1, field(5, field(6, graph)));
    expect(refused(field(7, graph))).toBe(true);
  });

  test("refuses lengths beyond the file with the byte at fault", () => {
    expect(() => parse(Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07))).toThrow(
      expect.objectContaining({ code: "corrupt-model", where: "model.onnx, byte 1" }),
    );
    expect(() => parse(new Uint8Array(11).fill(0xff))).toThrow(/ten bytes/);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, expect, describe as suite, test, vi } from "vitest";
import { graphModelSource } from "../graph-model/graph-model-source.ts";
import { tinyModelJson, tinyShards } from "../graph-model/tiny-graph.test-data.ts";
import { parseGraphModelJson } from "./graph-model-json.ts";
import { loadGraphModelFromFolder } from "./load-graph-model-from-folder.ts";

let folder = "";
beforeAll(async () => {
  tf.env().set("PROD", true);
  await tf.setBackend("cpu");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-graph-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(json: unknown = tinyModelJson, shards = tinyShards()): Promise<void> {
  await writeFile(join(folder, "model.json"), typeof json === "string" ? json : JSON.stringify(json));
  for (const [name, bytes] of Object.entries(shards)) await writeFile(join(folder, name), bytes);
}

const [floats, axis] = tinyModelJson.weightsManifest;
const withManifest = (...weightsManifest: unknown[]) => ({ ...tinyModelJson, weightsManifest });

suite("loadGraphModelFromFolder()", () => {
  test("gives a model that graphModelSource() runs, and leaves no tensor once disposed", async () => {
    await write();
    const before = tf.memory().numTensors;
    const model = await loadGraphModelFromFolder(folder);
    const source = graphModelSource({
      model,
      node: "biased",
      dIn: 2,
      feeds: () => [{ inputs: { ids: tf.tensor2d([[2, 1]], undefined, "int32") }, lengths: [2] }],
    });
    // Row i of the table is [i, -i], the bias [10, 20].
    for await (const { rows } of source.chunks()) expect(rows).toEqual(Float32Array.of(12, 18, 11, 19));
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("names the weight files that are missing", async () => {
    const { "second.bin": _, ...rest } = tinyShards();
    await write(tinyModelJson, rest);
    await expect(loadGraphModelFromFolder(folder)).rejects.toMatchObject({
      code: "missing-shard",
      kind: "input",
    });
    await expect(loadGraphModelFromFolder(folder)).rejects.toThrow(
      'names 3 weight files, 1 of them are not there: "second.bin"',
    );
  });

  test("refuses weight files of another size", async () => {
    await write(tinyModelJson, { ...tinyShards(), "first.bin": new Uint8Array(9) });
    await expect(loadGraphModelFromFolder(folder)).rejects.toThrow("the weights take 32 bytes");
    await expect(loadGraphModelFromFolder(folder)).rejects.toMatchObject({ code: "size-mismatch" });
  });

  test("keeps to the caller's limits", async () => {
    await write();
    const load = (limits: object) => expect(loadGraphModelFromFolder(folder, { limits })).rejects;
    await load({ maxWeightBytes: 35 }).toThrow("at most 35 bytes of weights, got 36");
    await load({ maxShards: 2 }).toMatchObject({ code: "limit-exceeded" });
    await load({ maxModelJsonBytes: 100 }).toMatchObject({ code: "file-too-large", kind: "input" });
  });

  test.each<[string, unknown, string]>([
    ["text that is no JSON", "{", "bad-json"],
    ["null", null, "bad-model-json"],
    ["another JSON file", { name: "package" }, "bad-model-json"],
    ["a layers model", { ...tinyModelJson, format: "layers-model" }, "not-a-graph-model"],
    ["a layers model without a format", { modelTopology: { model_config: {} } }, "not-a-graph-model"],
    [
      "a negative size",
      withManifest({ ...axis, weights: [{ ...axis.weights[0], shape: [-1] }] }),
      "bad-model-json",
    ],
    [
      "an unknown dtype",
      withManifest({ ...axis, weights: [{ ...axis.weights[0], dtype: "int4" }] }),
      "bad-model-json",
    ],
    [
      "a huge size",
      withManifest({ ...axis, weights: [{ ...axis.weights[0], shape: [2 ** 52, 2 ** 52] }] }),
      "size-mismatch",
    ],
    ["a path out of the folder", withManifest(floats, { ...axis, paths: ["../third.bin"] }), "unsafe-path"],
    [
      "a path out of the folder on Windows",
      withManifest({ ...axis, paths: ["a\\..\\..\\b"] }),
      "unsafe-path",
    ],
    ["an absolute path", withManifest(floats, { ...axis, paths: ["/etc/hostname"] }), "unsafe-path"],
    ["a drive", withManifest(floats, { ...axis, paths: ["C:third.bin"] }), "unsafe-path"],
    ["an empty path", withManifest(floats, { ...axis, paths: [""] }), "unsafe-path"],
    [
      "a quantized weight without its range",
      withManifest(floats, {
        ...axis,
        weights: [{ name: "axis", shape: [4], dtype: "int32", quantization: { dtype: "uint8" } }],
      }),
      "bad-model",
    ],
  ])("refuses %s", async (_, json, code) => {
    await write(json);
    await expect(loadGraphModelFromFolder(folder)).rejects.toMatchObject({ code, kind: "input" });
    await expect(loadGraphModelFromFolder(folder)).rejects.toThrow(folder);
  });

  test("refuses an empty folder", async () => {
    await expect(loadGraphModelFromFolder(folder)).rejects.toMatchObject({ code: "no-such-file" });
  });

  test("says what to install where TensorFlow.js or its backend is missing", async () => {
    await write();
    vi.resetModules();
    vi.doMock("@tensorflow/tfjs-converter", () => {
      throw new Error("Cannot find package");
    });
    const without = await import("./load-graph-model-from-folder.ts");
    await expect(without.loadGraphModelFromFolder(folder)).rejects.toMatchObject({
      code: "missing-peer",
      kind: "environment",
      hint: expect.stringContaining("npm install @tensorflow/tfjs-core"),
    });
    vi.doUnmock("@tensorflow/tfjs-converter");
    vi.doMock("@tensorflow/tfjs-core", () => ({ ready: () => Promise.reject(new Error("none")) }));
    vi.resetModules();
    const bare = await import("./load-graph-model-from-folder.ts");
    await expect(bare.loadGraphModelFromFolder(folder)).rejects.toMatchObject({
      code: "no-tfjs-backend",
      kind: "environment",
    });
    vi.doUnmock("@tensorflow/tfjs-core");
  });
});

suite("parseGraphModelJson()", () => {
  test("reads any JSON or refuses it in words", () => {
    const group = fc.record(
      {
        paths: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
        weights: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const json = fc.record(
      {
        format: fc.jsonValue(),
        modelTopology: fc.oneof(fc.record({ node: fc.array(fc.jsonValue()) }), fc.jsonValue()),
        weightsManifest: fc.oneof(fc.array(group), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(json, fc.jsonValue()), (value) => {
        try {
          parseGraphModelJson(value, { where: "model.json", maxShards: 3 });
        } catch (error) {
          if (!PlumblineError.isInstance(error) || error.kind !== "input") throw error;
        }
      }),
    );
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "@plumbline/safetensors";
import { onnx } from "onnx-proto";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { type Capture, openCapture } from "../../onnx/capture.ts";
import { probeImage } from "../../onnx/image-pass.ts";
import { probeTokens, tokenBatch } from "../../onnx/language-model.ts";
import { openSplicedModel } from "../../onnx/spliced-onnx-model.ts";
import { type OnnxModelOnDisk, openOnnxModel } from "./open-onnx-model.ts";

/** What transformers and PyTorch recorded of tiny models with random weights; `tools/golden` makes them. */
const fixtures = fileURLToPath(new URL("../../../../../fixtures/onnx/", import.meta.url));

interface Recorded {
  readonly folder: string;
  readonly hooks: readonly string[];
  readonly tolerance: number;
  /** token ids without padding, or nothing for a vision model */
  readonly sequences: readonly Int32Array[];
  /** [nSequences, nPositions, …], padding included */
  values(name: string): { readonly shape: readonly number[]; readonly data: Float32Array };
  has(name: string): boolean;
}

function recorded(name: string): Recorded {
  const folder = join(fixtures, name);
  const file = readSafetensors(readFileSync(join(folder, "expected.safetensors")), { where: name });
  const about = JSON.parse(readFileSync(join(folder, "fixture.json"), "utf8")) as { tolerance: number };
  const names = [...file.tensors.keys()];
  const sequences: Int32Array[] = [];
  if (names.includes("input_ids")) {
    const ids = file.int32("input_ids");
    const mask = file.int32("attention_mask").data;
    const [nSequences = 0, nPositions = 0] = ids.shape;
    for (let s = 0; s < nSequences; s++) {
      const length = mask.subarray(s * nPositions, (s + 1) * nPositions).reduce((sum, one) => sum + one, 0);
      sequences.push(ids.data.slice(s * nPositions, s * nPositions + length));
    }
  }
  return {
    folder,
    hooks: names.filter((one) => one.includes(".hook_")),
    tolerance: about.tolerance,
    sequences,
    values: (one) => file.float32(one),
    has: (one) => names.includes(one),
  };
}

/** The recorded values of tokens, padding left out. */
function withoutPadding(name: string, from: Recorded): Float32Array {
  const { shape, data } = from.values(name);
  if (from.sequences.length === 0) return data;
  const [, nPositions = 0, width = 0] = shape;
  return Float32Array.from(
    from.sequences.flatMap((ids, s) => {
      const start = s * nPositions * width;
      return [...data.subarray(start, start + ids.length * width)];
    }),
  );
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

const cases = readdirSync(fixtures);

suite.each(cases)("the fixture %s", (name) => {
  const from = recorded(name);
  let model: OnnxModelOnDisk;
  beforeAll(async () => {
    model = await openOnnxModel(from.folder);
  });
  afterAll(() => model.close());

  const capture = async (hookPoints: readonly string[]): Promise<Capture> =>
    openCapture(model, { hookPoints, probe: from.sequences.length > 0 ? probeTokens : probeImage(16) });

  test("has the residual stream under its usual names, and nothing else", () => {
    const names = model.hookPoints.map((hook) => hook.name);
    expect(new Set(names)).toEqual(new Set(from.hooks));
    expect(names).toHaveLength(from.hooks.length);
  });

  test("gives the activations that PyTorch gives", async () => {
    const opened = await capture(from.hooks);
    const pixels = from.has("pixel_values") ? from.values("pixel_values") : undefined;
    const batch =
      pixels === undefined
        ? tokenBatch(from.sequences, opened.inputs)
        : {
            feeds: { pixel_values: { type: "float32", data: pixels.data, dimensions: pixels.shape } },
            nItems: pixels.shape[0] ?? 0,
          };
    const rows = await opened.run(batch);
    await opened.release();
    for (const [i, hook] of from.hooks.entries()) {
      const difference = largestDifference(rows[i] ?? new Float32Array(), withoutPadding(hook, from));
      expect([hook, difference < from.tolerance ? "agrees" : difference]).toEqual([hook, "agrees"]);
    }
  });

  test("runs only what lies before the hook point", async () => {
    const first = from.hooks.find((hook) => hook === "blocks.0.hook_resid_pre") ?? "";
    const opened = await capture([first]);
    await opened.release();
    const whole = model.graph.nodes.length;
    const { cutGraph } = await import("../../onnx/cut-graph.ts");
    expect(cutGraph(model.graph, { to: [model.tensorOf(first)] }).nNodes).toBeLessThan(whole / 2);
  });
});

const withLogits = cases.filter(
  (name) => recorded(name).has("logits") && recorded(name).sequences.length > 0,
);

async function logitsOf(
  model: OnnxModelOnDisk,
  run: {
    hookPoint: string;
    sequences: readonly Int32Array[];
    replace?: (x: Float32Array) => Float32Array;
  },
): Promise<Float32Array> {
  const spliced = await openSplicedModel(model, { hookPoint: run.hookPoint });
  const { replace } = run;
  const options =
    replace === undefined
      ? {}
      : { replace: ({ activations }: { activations: Float32Array }) => replace(activations) };
  const all: number[] = [];
  for await (const logits of spliced.run(run.sequences, options)) all.push(...logits);
  await spliced.release();
  return Float32Array.from(all);
}

suite.each(withLogits)("the model %s, cut in two", (name) => {
  const from = recorded(name);
  let model: OnnxModelOnDisk;
  beforeAll(async () => {
    model = await openOnnxModel(from.folder);
  });
  afterAll(() => model.close());
  const ends = ["blocks.0.hook_resid_pre", "blocks.1.hook_mlp_out", "blocks.1.hook_resid_post"];
  const { sequences } = from;

  test.each(ends)(
    "gives its logits when nothing is changed at %s, to the bit with the identity",
    async (hookPoint) => {
      const unchanged = await logitsOf(model, { hookPoint, sequences });
      expect(largestDifference(unchanged, withoutPadding("logits", from))).toBeLessThan(from.tolerance);
      const identity = await logitsOf(model, { hookPoint, sequences, replace: (x) => x.slice() });
      expect(identity).toEqual(unchanged);
    },
  );
});

suite("zeros at a hook point", () => {
  test.each(["llama", "gpt2", "gpt-neox", "bert-mlm"])(
    "are the same as a graph of %s that multiplies them away",
    async (name) => {
      const from = recorded(name);
      const model = await openOnnxModel(from.folder);
      const hookPoint = "blocks.0.hook_mlp_out";
      const tensor = model.tensorOf(hookPoint);
      const zeros = await logitsOf(model, {
        hookPoint,
        sequences: from.sequences,
        replace: (x) => x.map(() => 0),
      });
      model.close();
      // The whole model, its one tensor times zero: written by protobufjs, run uncut.
      const whole = onnx.ModelProto.decode(readFileSync(join(from.folder, "model.onnx")));
      const graph = whole.graph as onnx.GraphProto;
      for (const node of graph.node ?? [])
        node.output = (node.output ?? []).map((one) => (one === tensor ? "was" : one));
      graph.initializer?.push(
        onnx.TensorProto.create({ name: "nothing", dataType: 1, floatData: [0], dims: [1] }),
      );
      const at = (graph.node ?? []).findIndex((node) => (node.output ?? []).includes("was"));
      graph.node?.splice(
        at + 1,
        0,
        onnx.NodeProto.create({ opType: "Mul", input: ["was", "nothing"], output: [tensor] }),
      );
      const folder = await mkdtemp(join(tmpdir(), "plumbline-ablated-"));
      await writeFile(join(folder, "model.onnx"), onnx.ModelProto.encode(whole).finish());
      const ablated = await openOnnxModel(folder);
      const opened = await openCapture(ablated, { hookPoints: ["logits"], probe: probeTokens });
      const [logits = new Float32Array()] = await opened.run(tokenBatch(from.sequences, opened.inputs));
      await opened.release();
      ablated.close();
      expect(largestDifference(zeros, logits)).toBeLessThan(1e-5);
      expect(largestDifference(zeros, withoutPadding("logits", from))).toBeGreaterThan(1e-3);
    },
  );
});

import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openActivationStore } from "@plumbline/activation-store/node";
import { expect, describe as suite, test } from "vitest";
import { runExtract } from "../run-extract.ts";
import { memoryIo } from "../terminal/memory-io.ts";

const int32 = { dtype: { type: "DT_INT32" } };

/** A graph model with one operation: `hidden = embedding[input_ids]`, where row i of the embedding is [i, 10 i]. */
async function writeEmbeddingModel(folder: string): Promise<void> {
  await mkdir(folder);
  const constant = (name: string, type: string, shape: number[]) => ({
    name,
    op: "Const",
    attr: {
      dtype: { type },
      value: { tensor: { dtype: type, tensorShape: { dim: shape.map((size) => ({ size: String(size) })) } } },
    },
  });
  const model = {
    format: "graph-model",
    modelTopology: {
      node: [
        {
          name: "input_ids",
          op: "Placeholder",
          attr: { ...int32, shape: { shape: { dim: [{ size: "-1" }, { size: "-1" }] } } },
        },
        constant("embedding", "DT_FLOAT", [5, 2]),
        constant("axis", "DT_INT32", []),
        {
          name: "hidden",
          op: "GatherV2",
          input: ["embedding", "input_ids", "axis"],
          attr: {
            Tparams: { type: "DT_FLOAT" },
            Tindices: { type: "DT_INT32" },
            Taxis: { type: "DT_INT32" },
          },
        },
      ],
      versions: { producer: 1 },
    },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: [
          { name: "embedding", shape: [5, 2], dtype: "float32" },
          { name: "axis", shape: [], dtype: "int32" },
        ],
      },
    ],
  };
  const embedding = Float32Array.from({ length: 10 }, (_, i) =>
    i % 2 === 0 ? i / 2 : 10 * Math.floor(i / 2),
  );
  await writeFile(join(folder, "model.json"), JSON.stringify(model));
  await writeFile(
    join(folder, "weights.bin"),
    Buffer.concat([Buffer.from(embedding.buffer), Buffer.alloc(4)]),
  );
}

async function extractTokens(lines: string, source: object = {}) {
  const cwd = await mkdtemp(join(tmpdir(), "plumbline-graph-"));
  await writeEmbeddingModel(join(cwd, "model"));
  await writeFile(join(cwd, "tokens.jsonl"), lines);
  const config = {
    source: {
      name: "tfjs-graph",
      model: "model",
      node: "hidden",
      dIn: 2,
      tokens: "tokens.jsonl",
      kernels: "cpu",
      sequencesPerRun: 2,
      ...source,
    },
    out: "store",
  };
  await writeFile(join(cwd, "c.json"), JSON.stringify(config));
  const io = memoryIo({ cwd });
  return { exitCode: await runExtract(["c.json"], io), io, cwd };
}

suite("tfjs-graph source", () => {
  test("keeps one row a token, with its id and position, and drops padding", async () => {
    const { exitCode, io, cwd } = await extractTokens("[1, 2, 3]\n[4]\n\n[0, 2]\n");
    expect(io.err()).toContain("wrote 6 rows");
    expect(exitCode).toBe(0);
    const store = await openActivationStore(join(cwd, "store"));
    const { rows, tokenIds, positions } = await store.rows(0, 6);
    expect([...rows]).toEqual([1, 10, 2, 20, 3, 30, 4, 40, 0, 0, 2, 20]);
    expect([...(tokenIds ?? [])]).toEqual([1, 2, 3, 4, 0, 2]);
    expect([...(positions ?? [])]).toEqual([0, 1, 2, 0, 0, 1]);
    expect(store.manifest).toMatchObject({ source: "tfjs-graph", hookPoint: "hidden" });
    await store.close();
  });

  test("names the line of tokens that are none, with exit code 3", async () => {
    for (const [lines, place] of [
      ["[1]\n[1, -2]\n", "tokens.jsonl:2"],
      ["[1]\n\n{}\n", "tokens.jsonl:3"],
      ["[1,", "tokens.jsonl:1"],
      ["[]", "tokens.jsonl:1"],
      ["", "tokens.jsonl:1"],
    ] as const) {
      const { exitCode, io } = await extractTokens(lines);
      expect([lines, exitCode]).toEqual([lines, 3]);
      expect(io.err()).toContain(place);
    }
  });

  test("suggests the node that was meant", async () => {
    const { exitCode, io } = await extractTokens("[1]\n", { node: "hiden" });
    expect(exitCode).toBe(2);
    expect(io.err()).toMatch(/did you mean "hidden"/);
  });
});

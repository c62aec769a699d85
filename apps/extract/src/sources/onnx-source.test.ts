import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openActivationStore } from "@plumbline/activation-store/node";
import { openCapture, probeTokens, tokenBatch } from "@plumbline/model-sources";
import { openOnnxModel } from "@plumbline/model-sources/node";
import sharp from "sharp";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { runExtract } from "../run-extract.ts";
import { memoryIo } from "../terminal/memory-io.ts";

const fixture = fileURLToPath(new URL("../../../../fixtures/onnx/llama/", import.meta.url));

/** One token a word; `one` is 2. */
const words = ["<s>", "</s>", "one", "two", "three", "four", "five", "six", "seven"];
const tokenizer = {
  version: "1.0",
  added_tokens: [
    { id: 0, content: "<s>", special: true },
    { id: 1, content: "</s>", special: true },
  ],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: { type: "WordPiece", prefix: "##", cleanup: false },
  model: {
    type: "WordPiece",
    unk_token: "<s>",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "plumbline-onnx-source-"));
  await cp(fixture, join(cwd, "model"), { recursive: true });
  await writeFile(join(cwd, "model", "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(
    join(cwd, "model", "tokenizer_config.json"),
    JSON.stringify({ bos_token: "<s>", eos_token: "</s>" }),
  );
  await writeFile(join(cwd, "text.jsonl"), '{"text": "one two three four five"}\n{"text": "six seven"}\n');
});

let nStores = 0;
async function extract(source: object, more: { argv?: string[]; config?: object; out?: string } = {}) {
  const { out = `store-${nStores++}` } = more;
  const config = {
    source: {
      name: "onnx",
      model: "model",
      hookPoints: "blocks.1.hook_resid_pre",
      text: { path: "text.jsonl" },
      tokens: { contextLength: 4 },
      perRun: 2,
      ...source,
    },
    out,
    ...more.config,
  };
  await writeFile(join(cwd, "extract.json"), JSON.stringify(config));
  const io = memoryIo({ cwd });
  return {
    exitCode: await runExtract([...(more.argv ?? []), "extract.json"], io),
    io,
    store: join(cwd, out),
  };
}

/** What the model gives for sequences, run without any of this. */
async function direct(sequences: readonly number[][], hookPoint: string): Promise<Float32Array> {
  const model = await openOnnxModel(join(cwd, "model"));
  const capture = await openCapture(model, { hookPoints: [hookPoint], probe: probeTokens });
  const all: number[] = [];
  for (const ids of sequences) {
    const [rows = new Float32Array()] = await capture.run(tokenBatch([Int32Array.from(ids)], capture.inputs));
    all.push(...rows);
  }
  await capture.release();
  model.close();
  return Float32Array.from(all);
}

async function read(path: string) {
  const store = await openActivationStore(path);
  const chunk = await store.rows(0, store.nRows);
  await store.close();
  return { ...chunk, manifest: store.manifest };
}

const close = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length ? a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? 0))), 0) : Number.NaN;

suite("onnx source", () => {
  test("runs a model on text: rows, tokens, positions, and every choice that was made", async () => {
    const { exitCode, io, store } = await extract({});
    expect([exitCode, io.err()]).toEqual([0, expect.stringContaining("wrote 11 rows")]);
    const { rows, tokenIds, positions, manifest } = await read(store);
    // Packed, BOS before each document and each context.
    const sequences = [
      [0, 2, 3, 4],
      [0, 5, 6, 0],
      [0, 7, 8],
    ];
    expect([...(tokenIds ?? [])]).toEqual(sequences.flat());
    expect([...(positions ?? [])]).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]);
    expect(close(rows, await direct(sequences, "blocks.1.hook_resid_pre"))).toBeLessThan(1e-5);
    expect(manifest.hookPoint).toBe("blocks.1.hook_resid_pre");
    expect(manifest.provenance).toMatchObject({
      model: "model",
      text: "text.jsonl",
      "tokens.begin": "both",
      "tokens.documents": "pack",
      "tokens.contextLength": 4,
      "tokens.rows.first": "keep",
    });
  });

  test("writes a store for each of several hook points, by patterns too, in one pass", async () => {
    const { exitCode, store } = await extract({
      hookPoints: ["blocks.*.hook_mlp_out", "blocks.0.hook_resid_pre"],
    });
    expect(exitCode).toBe(0);
    expect((await readdir(store)).sort()).toEqual([
      "blocks.0.hook_mlp_out",
      "blocks.0.hook_resid_pre",
      "blocks.1.hook_mlp_out",
    ]);
    const { rows, tokenIds } = await read(join(store, "blocks.0.hook_mlp_out"));
    expect(tokenIds?.length).toBe(11);
    expect(rows).not.toEqual((await read(join(store, "blocks.1.hook_mlp_out"))).rows);
  });

  test("leaves out the rows that it is told to, and ends after maxRows", async () => {
    const tokens = { contextLength: 4, rows: { special: "drop" } };
    const { store } = await extract({ tokens, maxRows: 6 }, { config: { dtype: "bfloat16" } });
    const { tokenIds, manifest, rows } = await read(store);
    expect([...(tokenIds ?? [])]).toEqual([2, 3, 4, 5, 6, 7]);
    expect(manifest.dtype).toBe("BF16");
    const whole = await direct([[0, 2, 3, 4]], "blocks.1.hook_resid_pre");
    // Half a unit of 8 bits, of values around 1.
    expect(close(rows.slice(0, 48), whole.slice(16))).toBeLessThan(0.02);
  });

  test("takes ready-made token ids", async () => {
    await writeFile(join(cwd, "ids.jsonl"), "[0, 2, 3, 4]\n[0, 5]\n");
    const { exitCode, store } = await extract({ text: undefined, tokenIds: "ids.jsonl" });
    expect(exitCode).toBe(0);
    expect([...((await read(store)).tokenIds ?? [])]).toEqual([0, 2, 3, 4, 0, 5]);
  });

  test("plan counts tokens, and says disk and speed", async () => {
    const { exitCode, io } = await extract({}, { argv: ["plan"], out: "never" });
    expect([exitCode, io.err()]).toEqual([0, ""]);
    expect(io.out()).toMatch(/rows +11 /);
    expect(io.out()).toMatch(/disk +792 B as float32, 1 × 1 shards/);
    expect(await readdir(cwd)).not.toContain("never");
  });

  test("goes on after an interruption, with the bytes of an undisturbed run", async () => {
    const whole = await extract({ perRun: 1 }, { config: { rowsPerShard: 4 } });
    const controller = new AbortController();
    const io = memoryIo({ cwd, signal: controller.signal });
    await writeFile(
      join(cwd, "extract.json"),
      (await readFile(join(cwd, "extract.json"), "utf8")).replace(/"out":"[^"]*"/, '"out":"again"'),
    );
    let nLines = 0;
    const stop = {
      ...io,
      stdout: { ...io.stdout, write: (text: string) => ++nLines > 1 && controller.abort(text) },
    };
    // Progress comes at most once a second; a clock that runs fast makes each chunk a line.
    let now = 0;
    const code = await runExtract(["extract.json", "--json"], {
      ...stop,
      clock: () => (now += 5000),
    } as typeof io);
    expect(code).toBe(130);
    expect(await readdir(cwd)).toContain("again.partial");
    expect(await runExtract(["extract.json"], memoryIo({ cwd }))).toBe(2);
    expect(await runExtract(["extract.json", "--resume"], memoryIo({ cwd }))).toBe(0);
    for (const file of await readdir(whole.store)) {
      const [a, b] = [await readFile(join(whole.store, file)), await readFile(join(cwd, "again", file))];
      expect([file, a.equals(b)]).toEqual([file, true]);
    }
    expect(await readdir(cwd)).not.toContain("again.partial");
  });
});

suite("onnx source on images", () => {
  test("gives a row for the class token of each image, or for its patches", async () => {
    const vit = fileURLToPath(new URL("../../../../fixtures/onnx/vit/", import.meta.url));
    await cp(vit, join(cwd, "vit"), { recursive: true });
    const size = { height: 16, width: 16 };
    await writeFile(join(cwd, "vit", "preprocessor_config.json"), JSON.stringify({ size, do_resize: true }));
    await mkdir(join(cwd, "pictures"));
    for (const [name, shade] of [
      ["b.png", 200],
      ["a.png", 40],
    ] as const) {
      const image = sharp({
        create: { width: 20, height: 24, channels: 3, background: { r: shade, g: 0, b: 90 } },
      });
      await writeFile(join(cwd, "pictures", name), await image.png().toBuffer());
    }
    const images = (positions: string) => ({
      model: "vit",
      text: undefined,
      images: { path: "pictures", positions },
    });
    const cls = await extract(images("cls"));
    expect([cls.exitCode, cls.io.err()]).toEqual([0, expect.stringContaining("wrote 2 rows")]);
    const all = await read((await extract(images("all"))).store);
    const patches = await read((await extract(images("patches"))).store);
    const { rows, positions, tokenIds } = await read(cls.store);
    expect([[...(positions ?? [])], tokenIds]).toEqual([[0, 0], undefined]);
    // 16 patches and the class token, of each of two images.
    expect([all.nRows, patches.nRows]).toEqual([34, 32]);
    expect(rows.slice(0, 16)).toEqual(all.rows.slice(0, 16));
    expect(patches.rows.slice(0, 16)).toEqual(all.rows.slice(16, 32));
    expect(rows.slice(16)).not.toEqual(rows.slice(0, 16));
  });
});

suite("onnx source refuses", () => {
  test.each<[string, object, number, RegExp]>([
    [
      "a hook point that is not there, with the nearest",
      { hookPoints: "blocks.1.hook_resid_prr" },
      2,
      /did you mean "blocks.1.hook_resid_pre"/,
    ],
    [
      "a pattern that nothing is like",
      { hookPoints: "blocks.*.hook_z" },
      2,
      /no hook point is like "blocks.\*.hook_z"/,
    ],
    [
      "contexts that are longer than the model reads",
      { tokens: { contextLength: 100_000 } },
      2,
      /at most \d+.*got 100000/,
    ],
    ["a model that is not there", { model: "nowhere" }, 3, /no such file or folder/],
    ["text and token ids at once", { tokenIds: "ids.jsonl" }, 2, /one of text, tokenIds and images/],
    ["an end that the tokenizer has not", { text: { path: "text.txt" } }, 3, /text\.txt/],
  ])("%s", async (_, source, code, message) => {
    const { exitCode, io } = await extract(source);
    expect(io.err()).toMatch(message);
    expect(exitCode).toBe(code);
  });

  test("a model without a tokenizer, with the way to get one", async () => {
    await cp(fixture, join(cwd, "bare"), { recursive: true });
    const { exitCode, io } = await extract({ model: "bare" });
    expect([exitCode, io.err()]).toEqual([
      3,
      expect.stringMatching(/expected tokenizer\.json.*download tokenizer\.json/s),
    ]);
  });

  test("text that is none, with the byte, unless it is to be replaced", async () => {
    await writeFile(join(cwd, "bad.txt"), Buffer.from([0x6f, 0x6e, 0x65, 0xff, 0x20]));
    const refused = await extract({ text: { path: "bad.txt" } });
    expect([refused.exitCode, refused.io.err()]).toEqual([3, expect.stringMatching(/bad\.txt.*byte 3/s)]);
    expect((await extract({ text: { path: "bad.txt", invalidUtf8: "replace" } })).exitCode).toBe(0);
  });
});

suite("hooks", () => {
  test("lists names, widths and tensors, as text and as JSON", async () => {
    const io = memoryIo({ cwd });
    expect(await runExtract(["hooks", "model"], io)).toBe(0);
    expect(io.out()).toMatch(/blocks\.1\.hook_resid_post +16 +float32 +\S+/);
    const json = memoryIo({ cwd });
    await runExtract(["hooks", "model", "--json", "--all"], json);
    const [line] = json.lines() as unknown as [{ hooks: { name: string | null; dIn: number | null }[] }];
    expect(line.hooks.filter(({ name }) => name !== null)).toHaveLength(10);
    expect(line.hooks.length).toBeGreaterThan(100);
  });
});

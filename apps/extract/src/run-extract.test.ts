import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openActivationStore } from "@plumbline/activation-store/node";
import { writeSafetensors } from "@plumbline/safetensors/node";
import { beforeEach, expect, describe as suite, test } from "vitest";
import { runExtract } from "./run-extract.ts";
import { interruption } from "./terminal/exit-code.ts";
import { memoryIo } from "./terminal/memory-io.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "plumbline-extract-"));
});

const rows = Float32Array.from({ length: 10 * 3 }, (_, i) => i);

async function config(value: object): Promise<string> {
  await writeFile(join(cwd, "extract.json"), JSON.stringify(value));
  return "extract.json";
}

async function npyConfig(more: object = {}): Promise<string> {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3), }".padEnd(117);
  const start = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header}\n`, "latin1");
  await writeFile(join(cwd, "rows.npy"), Buffer.concat([start, Buffer.from(rows.buffer)]));
  return config({ source: { name: "npy", path: "rows.npy" }, out: "store", ...more });
}

async function run(argv: readonly string[], options: Parameters<typeof memoryIo>[0] = {}) {
  const io = memoryIo({ cwd, ...options });
  return { exitCode: await runExtract(argv, io), io };
}

async function storedRows(name = "store"): Promise<Float32Array> {
  const store = await openActivationStore(join(cwd, name));
  const chunk = await store.rows(0, store.nRows);
  await store.close();
  return chunk.rows;
}

suite("plumbline-extract", () => {
  test("writes the rows of a .npy file into a store", async () => {
    const { exitCode, io } = await run([await npyConfig({ rowsPerShard: 4 })]);
    expect(io.err()).toBe("extract · npy · 10 rows · dIn 3 → store\nwrote 10 rows in 3 shards to store\n");
    expect([exitCode, io.out()]).toEqual([0, ""]);
    expect(await storedRows()).toEqual(rows);
  });

  test("takes token ids and positions of a safetensors file along", async () => {
    await writeSafetensors(join(cwd, "a.safetensors"), {
      x: { shape: [10, 3], data: rows },
      ids: { shape: [10], data: Int32Array.from({ length: 10 }, (_, i) => 100 + i) },
    });
    const source = {
      name: "safetensors",
      path: "a.safetensors",
      tensor: "x",
      tokenIdsTensor: "ids",
      hookPoint: "here",
    };
    const { exitCode } = await run([await config({ source, out: "store" })]);
    expect(exitCode).toBe(0);
    const store = await openActivationStore(join(cwd, "store"));
    expect((await store.rows(8, 2)).tokenIds).toEqual(Int32Array.of(108, 109));
    expect(store.manifest.hookPoint).toBe("here");
    await store.close();
  });

  test("reads the rows of a Parquet column", async () => {
    const file = fileURLToPath(new URL("../../../fixtures/parquet/activations.parquet", import.meta.url));
    const source = { name: "parquet", path: file, column: "float32" };
    const { exitCode, io } = await run([await config({ source, out: "store" })]);
    expect([exitCode, io.err()]).toEqual([0, expect.stringMatching(/wrote \d+ rows/)]);
    const text = await readFile(file.replace("activations.parquet", "expected.json"), "utf8");
    expect([...(await storedRows())]).toEqual(JSON.parse(text).float32);
  });

  test("with --json every line parses, carries a version, and the last is extract-end", async () => {
    const { io } = await run([await npyConfig(), "--json", "--out", "other"]);
    expect(io.lines().every(({ v }) => v === 1)).toBe(true);
    expect(io.lines()[0]).toMatchObject({
      type: "extract-start",
      hooks: [{ hookPoint: null, dIn: 3 }],
      nRows: 10,
    });
    expect(io.lines().at(-1)).toEqual({ type: "extract-end", v: 1, path: "other", nRows: 10, nStores: 1 });
  });

  test("a dry run says disk and shards and writes nothing", async () => {
    const { exitCode, io } = await run([await npyConfig({ rowsPerShard: 4 }), "--dry-run"]);
    expect(exitCode).toBe(0);
    expect(io.out()).toMatch(/disk +120 B as float32, 1 × 3 shards/);
    expect(await readdir(cwd)).toEqual(["extract.json", "rows.npy"]);
  });

  test("takes sources of plugins, paths and all", async () => {
    await mkdir(join(cwd, "plugins"));
    await writeFile(
      join(cwd, "plugins", "ones.mjs"),
      `const schema = { safeParse: (data) => ({ success: true, data }) };
       const open = async ({ file }, context) => ({
         specVersion: 1, name: "ones", dIn: 2, provenance: { file: context.resolvePath(file).endsWith("/data") },
         async *chunks() { yield { nRows: 2, rows: Float32Array.of(1, 1, 1, 1) }; },
       });
       export default { sources: [{ specVersion: 1, name: "ones", description: "", schema, open }] };`,
    );
    const source = { name: "ones", file: "data" };
    const { exitCode } = await run([await config({ source, out: "store", plugins: ["./plugins/ones.mjs"] })]);
    expect(exitCode).toBe(0);
    expect(await storedRows()).toEqual(Float32Array.of(1, 1, 1, 1));
  });
});

suite("plumbline-extract after a kill", () => {
  test("names what was left, and leaves it there", async () => {
    await mkdir(join(cwd, "store.partial-1234"));
    const { exitCode, io } = await run([await npyConfig()]);
    expect([exitCode, io.err()]).toEqual([
      0,
      expect.stringContaining("warning: store.partial-1234 is of an"),
    ]);
    expect(await readdir(cwd)).toContain("store.partial-1234");
  });
});

suite("plumbline-extract refuses", () => {
  test("a missing configuration, an unknown source, a misspelt option: exit code 2 with place and suggestion", async () => {
    const missing = await run(["nothing.json"]);
    expect([missing.exitCode, missing.io.err()]).toEqual([
      2,
      expect.stringContaining("where: nothing.json\n"),
    ]);
    const unknown = await run([await config({ source: { name: "npi" }, out: "store" })]);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.io.err()).toMatch(/extract.json:1, key source.name\nto do: did you mean "npy"\?/);
    const misspelt = await run([await config({ source: { name: "npy", paht: "x" }, out: "store" })]);
    expect(misspelt.exitCode).toBe(2);
    expect(misspelt.io.err()).toMatch(/unknown key "paht".*key source.paht\nto do: did you mean "path"\?/s);
  });

  test("input that is not there or damaged: exit code 3, nothing left behind", async () => {
    const absent = await run([await config({ source: { name: "npy", path: "no.npy" }, out: "store" })]);
    expect(absent.exitCode).toBe(3);
    const file = await npyConfig();
    await writeFile(join(cwd, "rows.npy"), (await readFile(join(cwd, "rows.npy"))).subarray(0, 150));
    expect((await run([file])).exitCode).toBe(3);
    expect(await readdir(cwd)).toEqual(["extract.json", "rows.npy"]);
  });

  test("an output that exists: exit code 2, untouched", async () => {
    await mkdir(join(cwd, "store"));
    const { exitCode, io } = await run([await npyConfig(), "--json"]);
    expect(exitCode).toBe(2);
    expect(io.lines().at(-1)).toMatchObject({ type: "error", code: "output-exists", exitCode: 2 });
    expect(await readdir(join(cwd, "store"))).toEqual([]);
  });

  test.each([
    ["./broken.mjs", "export default 3;", /no default export that is an object/],
    ["./typo.mjs", "export default { source: [] };", /unknown part "source"/],
    ["./throws.mjs", "throw new Error('no luck');", /does not load: no luck/],
    ["no-such-package", "", /no such package/],
  ])("the plugin %s with exit code 2", async (name, text, message) => {
    await writeFile(join(cwd, name), text);
    const { exitCode, io } = await run([await npyConfig({ plugins: [name] })]);
    expect(exitCode).toBe(2);
    expect(io.err()).toMatch(message);
  });
});

suite("an interrupted extraction", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s leaves nothing half-written and exits with %i", async (signal, expected) => {
    await writeFile(
      join(cwd, "endless.mjs"),
      `const schema = { safeParse: (data) => ({ success: true, data }) };
       const open = async () => ({ specVersion: 1, name: "endless", dIn: 2, async *chunks() {
         for (;;) { yield { nRows: 1, rows: Float32Array.of(1, 2) }; await new Promise((r) => setTimeout(r, 1)); }
       } });
       export default { sources: [{ specVersion: 1, name: "endless", description: "", schema, open }] };`,
    );
    const controller = new AbortController();
    setTimeout(() => controller.abort(interruption(signal)), 50);
    const file = await config({ source: { name: "endless" }, out: "store", plugins: ["./endless.mjs"] });
    const { exitCode } = await run([file], { signal: controller.signal });
    expect(exitCode).toBe(expected);
    expect(await readdir(cwd)).toEqual(["endless.mjs", "extract.json"]);
  });
});

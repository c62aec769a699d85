import { mkdir, mkdtemp, open, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { createDocumentCounts } from "../../documents/document.ts";
import { type ReadDocumentsOptions, readDocuments } from "./read-documents.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-documents-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function read(path: string, options?: ReadDocumentsOptions): Promise<[string, string][]> {
  const list: [string, string][] = [];
  for await (const { text, where } of readDocuments(path, options)) {
    list.push([where.replace(`${folder}/`, ""), text]);
  }
  return list;
}

const parquet = (texts: readonly (string | Uint8Array | null)[], rowGroupSize = 2): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "id", data: texts.map((_, i) => i), type: "INT32" },
        { name: "text", data: [...texts], type: texts[0] instanceof Uint8Array ? "BYTE_ARRAY" : "STRING" },
      ],
      rowGroupSize,
    }),
  );

suite("readDocuments()", () => {
  test("reads text, JSON lines and Parquet, packed or not", async () => {
    const lines = '{"text": "one"}\n\n{"text": "zwölf"}\n';
    expect(await read(await written("a.jsonl", lines))).toEqual([
      ["a.jsonl:1", "one"],
      ["a.jsonl:3", "zwölf"],
    ]);
    expect(await read(await written("a.ndjson.gz", gzipSync(lines)))).toEqual([
      ["a.ndjson.gz:1", "one"],
      ["a.ndjson.gz:3", "zwölf"],
    ]);
    expect(await read(await written("a.txt", "one\ntwo\n"))).toEqual([["a.txt", "one\ntwo\n"]]);
    expect(await read(await written("a.txt.gz", gzipSync("one\ntwo\n")), { textSplit: "lines" })).toEqual([
      ["a.txt.gz:1", "one"],
      ["a.txt.gz:2", "two"],
    ]);
    expect(await read(await written("a.parquet", parquet(["one", "", "zwölf", "four", "five"])))).toEqual([
      ["a.parquet#0", "one"],
      ["a.parquet#2", "zwölf"],
      ["a.parquet#3", "four"],
      ["a.parquet#4", "five"],
    ]);
  });

  test("reads what pyarrow wrote, with dictionary, pages and compression of its choice", async () => {
    const path = fileURLToPath(new URL("../../../../../fixtures/parquet/texts.parquet", import.meta.url));
    const texts = (await read(path)).map(([, text]) => text);
    // The texts of the script tools/golden/make_parquet_fixtures.py.
    expect(texts).toEqual(Array.from({ length: 20 }, (_, i) => `text ${i % 7} é 日本 👍`));
  });

  test("counts, and leaves out duplicates across files", async () => {
    await written("dup/train-0.jsonl", '{"text": "one"}\n{"text": " "}\n');
    await written("dup/train-1.jsonl", '{"text": "one "}\n{"text": "two"}\n');
    const counts = createDocumentCounts();
    const found = await read(join(folder, "dup"), { deduplicate: true, counts });
    expect(found.map(([, text]) => text)).toEqual(["one", "two"]);
    expect(counts).toEqual({ documents: 2, empty: 1, duplicates: 1, bytes: 6 });
  });

  test("finds the files of a split, in order", async () => {
    for (const i of ["00010", "00002", "00000"]) {
      await written(`set/data/train-${i}-of-00011.parquet`, parquet([`train ${i}`]));
    }
    await written("set/data/test-00000-of-00001.parquet", parquet(["test"]));
    await written("set/README.md", "no");
    await written("set/dataset_infos.jsonl", "no");
    const texts = async (options?: ReadDocumentsOptions) =>
      (await read(join(folder, "set"), options)).map(([, text]) => text);
    expect(await texts()).toEqual(["train 00000", "train 00002", "train 00010"]);
    expect(await texts({ split: "test" })).toEqual(["test"]);
    await expect(texts({ split: "validation" })).rejects.toThrow('pass split: one of "train", "test"');

    await written("folders/train/0.txt", "a");
    await written("folders/validation/0.txt", "b");
    expect(await read(join(folder, "folders"), { split: "validation" })).toEqual([
      ["folders/validation/0.txt", "b"],
    ]);
    await written("plain/two.txt", "2");
    await written("plain/one.txt", "1");
    expect((await read(join(folder, "plain"))).map(([, text]) => text)).toEqual(["1", "2"]);
    await mkdir(join(folder, "linked"));
    await symlink(join(folder, "plain/two.txt"), join(folder, "linked/train.txt"));
    expect(await read(join(folder, "linked"))).toEqual([["linked/train.txt", "2"]]);
    await written("mixed/train.txt", "1");
    await written("mixed/train.jsonl", "{}");
    await expect(read(join(folder, "mixed"))).rejects.toMatchObject({ code: "mixed-formats" });
    await mkdir(join(folder, "nothing"));
    await expect(read(join(folder, "nothing"))).rejects.toMatchObject({ code: "no-documents" });
  });

  test("says what is wrong with a file, and where", async () => {
    await expect(read(join(folder, "none.txt"))).rejects.toMatchObject({
      code: "no-such-file",
      kind: "input",
    });
    await expect(read(await written("a.pdf", "x"))).rejects.toMatchObject({
      code: "unknown-format",
      kind: "usage",
    });
    const bad = await written("bad.txt", Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0x0a, 0x62, 0xc3, 0x28));
    await expect(read(bad, { textSplit: "lines" })).rejects.toThrow(`${bad}, byte 6`);
    expect(await read(bad, { invalidUtf8: "replace" })).toEqual([["bad.txt", "a\nb\uFFFD("]]);
    const cut = gzipSync("text ".repeat(1000));
    await expect(read(await written("cut.txt.gz", cut.subarray(0, 40)))).rejects.toMatchObject({
      code: "bad-gzip",
      kind: "input",
    });
    await expect(read(await written("no.parquet", "PAR1 nothing PAR1"))).rejects.toMatchObject({
      code: "bad-parquet",
    });
    const rows = await written("rows.parquet", parquet(["one", null]));
    await expect(read(rows)).rejects.toThrow(`got null (${rows}#1)`);
    await expect(read(rows, { field: "body" })).rejects.toThrow('pass field: one of "id", "text"');
    await expect(read(rows, { field: "id" })).rejects.toThrow("got type INT32");
    await expect(read(rows, { maxRowGroupBytes: 3 })).rejects.toMatchObject({ code: "limit-exceeded" });
    const binary = await written("binary.parquet", parquet([encode("a"), Uint8Array.of(0x61, 0xff)]));
    await expect(read(binary)).rejects.toThrow(`${binary}#1, byte 1`);
  });

  test("refuses Parquet files that were cut short", async () => {
    const whole = parquet(["one", "two", "three", "four"]);
    for (let length = 0; length < whole.length; length += 7) {
      const cut = read(await written("short.parquet", whole.subarray(0, length)));
      await expect(cut).rejects.toMatchObject({ code: "bad-parquet", kind: "input" });
    }
  });

  test("reads or refuses Parquet files with an altered byte, and nothing else happens", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const whole = parquet(["one", "two", "three", "four"]);
    for (let at = 0; at < whole.length; at += 2) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ (at % 4 === 0 ? 0x80 : 0xff);
      await read(await written("altered.parquet", bytes)).catch((error: unknown) => {
        expect(error).toMatchObject({ kind: "input" });
      });
    }
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });

  test("refuses a gigabyte without lines at its limit, in little memory", async () => {
    const path = join(folder, "long.txt");
    const file = await open(path, "w");
    await file.truncate(2 ** 30);
    await file.close();
    const before = process.memoryUsage().arrayBuffers;
    await expect(read(path, { textSplit: "lines", maxDocumentBytes: 2 ** 20 })).rejects.toMatchObject({
      code: "limit-exceeded",
      hint: expect.stringContaining("maxDocumentBytes"),
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  });

  test("stops where the signal says so", async () => {
    const controller = new AbortController();
    const path = await written("stop.jsonl", '{"text": "1"}\n{"text": "2"}\n');
    const reading = async () => {
      for await (const _ of readDocuments(path, { signal: controller.signal })) controller.abort();
    };
    await expect(reading()).rejects.toMatchObject({ code: "interrupted", kind: "interrupted" });
  });
});

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

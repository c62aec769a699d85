import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ActivationChunk, type ActivationSource, PlumblineError } from "@plumbline/core";
import { nodeFileSystem } from "@plumbline/core/node";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { type ParquetSourceOptions, parquetFileSource } from "./parquet-file-source.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-parquet-"));
});
afterAll(() => rm(folder, { recursive: true }));

const fixture = fileURLToPath(
  new URL("../../../../../fixtures/parquet/activations.parquet", import.meta.url),
);
const expected = JSON.parse(await readFile(join(fixture, "../expected.json"), "utf8"));

async function chunksOf(source: ActivationSource): Promise<ActivationChunk[]> {
  const chunks: ActivationChunk[] = [];
  for await (const chunk of source.chunks()) chunks.push(chunk);
  return chunks;
}

const joined = (chunks: readonly ActivationChunk[], key: "rows" | "tokenIds" | "positions"): number[] =>
  chunks.flatMap((chunk) => [...(chunk[key] ?? [])]);

/** A file of lists of float32, with two rows to a group. */
async function written(name: string, x: unknown[], more: Record<string, unknown[]> = {}): Promise<string> {
  const path = join(folder, `${name}.parquet`);
  const schema = [
    { name: "root", num_children: 1 + Object.keys(more).length },
    { name: "x", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
    ...Object.keys(more).map((column) => ({ name: column, type: "INT64", repetition_type: "OPTIONAL" })),
  ];
  const columnData = [
    { name: "x", data: x },
    ...Object.entries(more).map(([column, data]) => ({ name: column, data })),
  ];
  const options = { schema, columnData, rowGroupSize: 2 } as Parameters<typeof parquetWriteBuffer>[0];
  await writeFile(path, new Uint8Array(parquetWriteBuffer(options)));
  return path;
}

suite("parquetFileSource()", () => {
  test.each([
    ["float32", "float32", "FLOAT"],
    ["float64", "float32", "DOUBLE"],
    ["float16", "float16", "FLOAT16"],
    ["fixed", "float32", "FLOAT"],
  ])("reads what pyarrow wrote: %s", async (column, values, dtype) => {
    const source = await parquetFileSource(fixture, {
      column,
      tokenIdsColumn: "int64",
      positionsColumn: "uint8",
      hookPoint: "blocks.0.hook_resid_post",
      // Chunks lie across the groups of 4, 4 and 3 rows.
      rowsPerChunk: 3,
    });
    expect(source).toMatchObject({
      nRows: 11,
      dIn: 5,
      hookPoint: "blocks.0.hook_resid_post",
      provenance: { format: "parquet", file: "activations.parquet", column, dtype },
    });
    const chunks = await chunksOf(source);
    expect(chunks.map(({ nRows }) => nRows)).toEqual([3, 3, 3, 2]);
    expect(joined(chunks, "rows")).toEqual(expected[values]);
    expect(joined(chunks, "tokenIds")).toEqual(expected.int64);
    expect(joined(chunks, "positions")).toEqual(expected.uint8);
    expect(await chunksOf(source)).toEqual(chunks);
  });

  test("gives any rows back, in chunks of any size", async () => {
    const rows = fc.integer({ min: 1, max: 4 }).chain((dIn) =>
      fc.array(fc.array(fc.float({ noNaN: true }), { minLength: dIn, maxLength: dIn }), {
        minLength: 1,
        maxLength: 9,
      }),
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 10 }), async (x, rowsPerChunk) => {
        const path = await written("any", x);
        const chunks = await chunksOf(await parquetFileSource(path, { column: "x", rowsPerChunk }));
        expect(joined(chunks, "rows")).toEqual(x.flat());
        expect(chunks.every((chunk) => !("tokenIds" in chunk) && !("positions" in chunk))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("names the row that is null, of another width or has nulls in it", async () => {
    const reading = async (name: string, x: unknown[], more?: Record<string, unknown[]>) => {
      const path = await written(name, x, more);
      const ids = more === undefined ? {} : { tokenIdsColumn: "ids" };
      return chunksOf(await parquetFileSource(path, { column: "x", ...ids }));
    };
    const at = (name: string, row: number) => ({
      code: "bad-row",
      kind: "input",
      where: `${join(folder, name)}.parquet, row ${row}`,
    });
    await expect(reading("null", [[1], [2], [3], null])).rejects.toMatchObject(at("null", 3));
    await expect(reading("first", [null, [2]])).rejects.toMatchObject(at("first", 0));
    await expect(reading("ragged", [[1, 2], [2, 3], [3]])).rejects.toMatchObject(at("ragged", 2));
    await expect(
      reading("hole", [
        [1, 2],
        [null, 3],
      ]),
    ).rejects.toThrow("null at place 0");
    await expect(reading("empty", [[], []])).rejects.toMatchObject({ code: "not-a-matrix" });
    await expect(reading("ids", [[1], [2], [3]], { ids: [1n, 2n, null] })).rejects.toMatchObject(
      at("ids", 2),
    );
    await expect(reading("wide-ids", [[1], [2]], { ids: [1n, 2n ** 31n] })).rejects.toMatchObject(
      at("wide-ids", 1),
    );
  });

  test("refuses columns that do not fit, in words", async () => {
    const refusal = (options: ParquetSourceOptions) => expect(parquetFileSource(fixture, options)).rejects;
    await refusal({ column: "flot32" }).toMatchObject({ code: "unknown-column", kind: "input" });
    await refusal({ column: "flot32" }).toThrow('did you mean "float32"?');
    await refusal({ column: "text" }).toThrow("got BYTE_ARRAY");
    await refusal({ column: "int64" }).toMatchObject({ code: "unsupported-dtype" });
    await refusal({ column: "integers" }).toThrow("got list of INT32");
    await refusal({ column: "float32", tokenIdsColumn: "text" }).toThrow("to hold integers");
    await refusal({ column: "float32", positionsColumn: "none" }).toThrow("pass positionsColumn");
    await refusal({ column: "float32", limits: { maxRowGroupBytes: 20 } }).toMatchObject({
      code: "limit-exceeded",
    });
    await refusal({ column: "float32", limits: { maxRowGroupBytes: 0 } }).toMatchObject({
      code: "bad-option",
    });
    const none = parquetFileSource(join(folder, "none.parquet"), { column: "x" });
    await expect(none).rejects.toMatchObject({ code: "no-such-file" });
    await expect(parquetFileSource(folder, { column: "x" })).rejects.toMatchObject({ code: "not-a-file" });
  });

  test("closes its file, also on a stop in between and where it refuses", async () => {
    let open = 0;
    const fileSystem = {
      ...nodeFileSystem,
      open: (async (...args) => {
        const file = await nodeFileSystem.open(...args);
        open++;
        const close = file.close.bind(file);
        return Object.assign(file, {
          close: () => {
            open--;
            return close();
          },
        });
      }) satisfies typeof nodeFileSystem.open,
    };
    const source = await parquetFileSource(fixture, { column: "float32", rowsPerChunk: 1, fileSystem });
    for await (const _ of source.chunks()) break;
    await chunksOf(source);
    await expect(parquetFileSource(fixture, { column: "text", fileSystem })).rejects.toThrow();
    expect(open).toBe(0);
  });

  test("says so when the file became another one", async () => {
    const path = await written("changes", [[1], [2]]);
    const source = await parquetFileSource(path, { column: "x" });
    await written("changes", [[1], [2], [3]]);
    await expect(chunksOf(source)).rejects.toMatchObject({ code: "file-changed", kind: "input" });
  });

  test("answers random bytes and files cut short with an error of ours", async () => {
    const whole = new Uint8Array(await readFile(fixture));
    const path = join(folder, "fuzz.parquet");
    const magic = [0x50, 0x41, 0x52, 0x31];
    const framed = fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.nat(250)).map(([bytes, footer]) =>
      // A footer of random bytes, with a length that may fit.
      Uint8Array.from([...magic, ...bytes, footer, 0, 0, 0, ...magic]),
    );
    const cut = fc.nat(whole.length - 1).map((length) => whole.subarray(0, length));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), framed, cut), async (bytes) => {
        await writeFile(path, bytes);
        const error = await parquetFileSource(path, { column: "float32" }).catch((reason) => reason);
        expect(PlumblineError.isInstance(error) && error.kind).toBe("input");
      }),
      { numRuns: 300 },
    );
  });

  test("answers files with changed bytes with rows or an error of ours, and leaves no rejection behind", async () => {
    const whole = new Uint8Array(await readFile(fixture));
    const path = join(folder, "changed.parquet");
    const change = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = whole.slice();
        for (const { at, value } of changes) bytes[at] = value;
        await writeFile(path, bytes);
        try {
          await chunksOf(await parquetFileSource(path, { column: "float32", tokenIdsColumn: "int64" }));
        } catch (error) {
          expect(PlumblineError.isInstance(error) && error.kind, String(error)).toBe("input");
        }
      }),
      // One seed: hyparquet sets no limit to run lengths, so a rare change could ask for all memory.
      { numRuns: 300, seed: 5 },
    );
  });
});

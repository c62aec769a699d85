import { readFileSync } from "node:fs";
import { type ActivationSource, PlumblineError } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { npySource } from "./npy-source.ts";

/** Written by NumPy 2.4.6: see tools/golden/make_npy_fixtures.py. */
const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../../fixtures/npy/${name}`, import.meta.url)));
const expected = JSON.parse(new TextDecoder().decode(fixture("expected.json"))) as {
  arrays: Record<string, { shape: number[]; values: number[] }>;
};

/** A `.npy` file with the given header text, in the way of version 1 unless said otherwise. */
function fileOf(header: string, dataBytes: number, version: readonly [number, number] = [1, 0]): Uint8Array {
  const text = new TextEncoder().encode(header);
  const [low, high] = [text.length % 256, Math.floor(text.length / 256)];
  const length = version[0] === 1 ? [low, high] : [low, high, 0, 0];
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    ...version,
    ...length,
    ...text,
    ...new Uint8Array(dataBytes),
  ]);
}

const header = (fields: { descr?: string; order?: string; shape?: string } = {}): string =>
  `{'descr': ${fields.descr ?? "'<f4'"}, 'fortran_order': ${fields.order ?? "False"}, 'shape': ${fields.shape ?? "(2, 3)"}, }\n`;

async function allRows(source: ActivationSource): Promise<number[]> {
  const values: number[] = [];
  for await (const { nRows, rows } of source.chunks()) {
    expect(rows.length).toBe(nRows * source.dIn);
    values.push(...rows);
  }
  return values;
}

suite("npySource()", () => {
  test.each(Object.entries(expected.arrays))("reads NumPy's %s", async (name, { shape, values }) => {
    for (const rowsPerChunk of [1, 2, 100]) {
      const source = npySource(fixture(`${name}.npy`), { rowsPerChunk, flatten: shape.length > 2 });
      expect(source.dIn).toBe(shape.at(-1));
      expect((source.nRows ?? 0) * source.dIn).toBe(values.length);
      expect(await allRows(source)).toEqual(values);
      // Again, since a source may be read as often as one likes.
      expect(await allRows(source)).toEqual(values);
    }
  });

  test.each([
    ["fortran-order", "fortran-order", "numpy.ascontiguousarray"],
    ["int64", "unsupported-dtype", 'got "<i8": integers'],
    ["big-endian", "unsupported-dtype", 'got ">f4": big-endian'],
    ["complex", "unsupported-dtype", 'got "<c8": complex'],
    ["records", "unsupported-dtype", "records with fields"],
    ["rank-1", "not-a-matrix", "got shape [4]"],
    ["rank-0", "not-a-matrix", "got shape []"],
    ["no-rows", "not-a-matrix", "at least one value, got shape [0, 4]"],
    ["rank-3", "not-a-matrix", "pass flatten: true"],
  ])("refuses NumPy's %s in words", (name, code, text) => {
    const read = () => npySource(fixture(`${name}.npy`), { where: "x.npy" });
    expect(read).toThrow(expect.objectContaining({ code, kind: "input" }));
    expect(read).toThrow(text);
    expect(read).toThrow("x.npy");
  });

  test("passes the hook point and what is known of the origin on", () => {
    const source = npySource(fixture("float16.npy"), { hookPoint: "mlp.3", provenance: { model: "m" } });
    expect(source).toMatchObject({
      specVersion: 1,
      name: "npy",
      hookPoint: "mlp.3",
      nRows: 3,
      provenance: { format: "npy", dtype: "F16", model: "m" },
    });
    expect("hookPoint" in npySource(fixture("float16.npy"))).toBe(false);
  });

  test("stops when told to", async () => {
    const controller = new AbortController();
    const read = async () => {
      const source = npySource(fixture("float32.npy"), { rowsPerChunk: 1 });
      for await (const _ of source.chunks({ signal: controller.signal })) controller.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: "interrupted", kind: "interrupted" });
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses %s rows in a chunk", (rowsPerChunk) => {
    expect(() => npySource(fixture("float32.npy"), { rowsPerChunk })).toThrow("rowsPerChunk");
  });

  test("takes the older forms of the header", () => {
    const long = fileOf(`{"shape": (2L,3L), "fortran_order": False, "descr": "<f4"}`, 24);
    expect(npySource(long).nRows).toBe(2);
  });
});

suite("npySource() refuses", () => {
  const records = "[('a', '<f4')]";
  test.each<[string, Uint8Array, string, string]>([
    ["no bytes", new Uint8Array(), "not-npy", "\\x93NUMPY"],
    ["another kind of file", new TextEncoder().encode("PK\x03\x04 a zip archive"), "not-npy", "byte 0"],
    ["a version to come", fileOf(header(), 24, [4, 0]), "unknown-npy-version", "got 4.0"],
    ["a version that never was", fileOf(header(), 24, [1, 7]), "unknown-npy-version", "got 1.7"],
    ["a cut length", fileOf("", 0, [2, 0]).subarray(0, 11), "truncated-file", "at least 12 bytes, got 11"],
    ["a cut header", fileOf(header(), 0).subarray(0, 30), "truncated-file", "got 30"],
    ["a huge header", fileOf("", 0, [2, 0]).fill(0xff, 8), "limit-exceeded", "the file says 4294967295"],
    ["an empty header", fileOf("", 0), "bad-header", "the end of the header"],
    ["a call", fileOf("__import__('os').system('true')", 0), "bad-header", "byte 10"],
    [
      "a missing key",
      fileOf("{'descr': '<f4', 'shape': (2, 3)}", 24),
      "bad-header",
      "expected descr, fortran_order and shape",
    ],
    ["a key twice", fileOf(header().replace("{", "{'shape': (2, 3), "), 24), "bad-header", "once each"],
    ["a key too many", fileOf(header().replace("{", "{'x': 1, "), 24), "bad-header", 'got "x"'],
    ["something after the header", fileOf(`${header()}{}`, 24), "bad-header", "nothing more"],
    ["records", fileOf(header({ descr: records }), 24), "unsupported-dtype", "fields"],
    ["bfloat16", fileOf(header({ descr: "'<V2'" }), 12), "unsupported-dtype", "bfloat16?"],
    ["objects", fileOf(header({ descr: "'|O'" }), 48), "unsupported-dtype", "Python objects"],
    ["text", fileOf(header({ descr: "'<U3'" }), 72), "unsupported-dtype", "text"],
    ["an unknown type", fileOf(header({ descr: "'?'" }), 72), "unsupported-dtype", "something else"],
    ["an order that is no truth value", fileOf(header({ order: "0" }), 24), "bad-header", "True or False"],
    ["a negative size", fileOf(header({ shape: "(-2, -3)" }), 24), "bad-header", 'got "-2'],
    ["a fractional size", fileOf(header({ shape: "(2.0, 3)" }), 24), "bad-header", 'got "2.0'],
    ["a size beyond 2^53", fileOf(header({ shape: "(9999999999999999, 3)" }), 24), "bad-header", "2^53 - 1"],
    [
      "sizes whose product overflows",
      fileOf(header({ shape: "(4294967296, 4294967296)" }), 24),
      "size-mismatch",
      "73786976294838206464 bytes",
    ],
    ["too many axes", fileOf(header({ shape: `(${"1, ".repeat(65)})` }), 4), "limit-exceeded", "64 axes"],
    ["data cut short", fileOf(header(), 23), "size-mismatch", "takes 24 bytes, the file has 23"],
    ["a second array", fileOf(header(), 25), "size-mismatch", "more than one array"],
  ])("%s", (_, bytes, code, text) => {
    const read = () => npySource(bytes, { where: "x.npy" });
    expect(read).toThrow(expect.objectContaining({ code, kind: "input" }));
    expect(read).toThrow(text);
  });

  test("nothing but in words, whatever the bytes", () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        npySource(bytes, { flatten: true });
      } catch (error) {
        if (!PlumblineError.isInstance(error) || error.kind !== "input") throw error;
      }
    };
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const changes = fc.array(fc.tuple(place, fc.nat(255), fc.constantFrom(0, 1)), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), changes, fc.string(), (random, edits, text) => {
        attempt(random);
        attempt(fileOf(text, 4));
        attempt(fileOf(header({ shape: text }), 24));
        const bytes = [...fixture("float32.npy")];
        for (const [at, value, removed] of edits) bytes.splice(Math.floor(at * bytes.length), removed, value);
        attempt(Uint8Array.from(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

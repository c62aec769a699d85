import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ActivationSource } from "@plumbline/core";
import { nodeFileSystem } from "@plumbline/core/node";
import { writeSafetensors } from "@plumbline/safetensors/node";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { npySource } from "../npy/npy-source.ts";
import { npyFileSource } from "./npy-file-source.ts";
import { safetensorsFileSource } from "./safetensors-file-source.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-sources-"));
});
afterAll(() => rm(folder, { recursive: true }));

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../../fixtures/npy/${name}.npy`, import.meta.url));

async function chunksOf(source: ActivationSource) {
  const chunks: object[] = [];
  for await (const chunk of source.chunks()) chunks.push(chunk);
  return chunks;
}

/** A file system that counts the files which are open. */
function countingFileSystem() {
  const counter = { open: 0 };
  const open: typeof nodeFileSystem.open = async (...args) => {
    const file = await nodeFileSystem.open(...args);
    counter.open++;
    const close = file.close.bind(file);
    return Object.assign(file, {
      close: () => {
        counter.open--;
        return close();
      },
    });
  };
  return { fileSystem: { ...nodeFileSystem, open }, counter };
}

suite("npyFileSource()", () => {
  test.each(["float32", "float64", "float16", "version-2", "version-3", "rank-3"])(
    "reads NumPy's %s as npySource() does",
    async (name) => {
      const options = { rowsPerChunk: 2, flatten: true };
      const source = await npyFileSource(fixture(name), options);
      const bytes = new Uint8Array(await nodeFileSystem.readFile(fixture(name)));
      expect(await chunksOf(source)).toEqual(await chunksOf(npySource(bytes, options)));
      expect(source.provenance).toMatchObject({ format: "npy", file: `${name}.npy` });
    },
  );

  test("closes its file at the end, on a stop in between and on errors", async () => {
    const { fileSystem, counter } = countingFileSystem();
    const source = await npyFileSource(fixture("float32"), { rowsPerChunk: 1, fileSystem });
    expect(counter.open).toBe(0);
    for await (const _ of source.chunks()) break;
    expect(counter.open).toBe(0);
    await chunksOf(source);
    expect(counter.open).toBe(0);
    await expect(npyFileSource(fixture("int64"), { fileSystem })).rejects.toMatchObject({
      code: "unsupported-dtype",
      kind: "input",
    });
    expect(counter.open).toBe(0);
  });

  test("refuses what is no file, with its path", async () => {
    await expect(npyFileSource(join(folder, "none.npy"))).rejects.toThrow(join(folder, "none.npy"));
    await expect(npyFileSource(join(folder, "none.npy"))).rejects.toMatchObject({ code: "no-such-file" });
    await expect(npyFileSource(folder)).rejects.toMatchObject({ code: "not-a-file" });
    await writeFile(join(folder, "empty.npy"), "");
    await expect(npyFileSource(join(folder, "empty.npy"))).rejects.toMatchObject({ code: "not-npy" });
  });

  test("says so when the file became another one", async () => {
    const path = join(folder, "changes.npy");
    await writeFile(path, await nodeFileSystem.readFile(fixture("float32")));
    const source = await npyFileSource(path);
    await writeFile(path, await nodeFileSystem.readFile(fixture("float64")));
    await expect(chunksOf(source)).rejects.toMatchObject({ code: "file-changed", kind: "input" });
  });

  test("holds one chunk at a time, however long the file", async () => {
    const path = join(folder, "long.npy");
    const [nRows, dIn] = [200_000, 64];
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${nRows}, ${dIn}), }\n`;
    const start = Buffer.from(
      `\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}`,
      "latin1",
    );
    const file = await nodeFileSystem.open(path, "w");
    await file.write(start);
    await file.truncate(start.length + nRows * dIn * 4);
    await file.close();
    const source = await npyFileSource(path);
    let rows = 0;
    for await (const chunk of source.chunks()) {
      expect(chunk.rows.byteLength).toBeLessThanOrEqual(2 ** 22);
      rows += chunk.nRows;
    }
    expect(rows).toBe(nRows);
  });
});

suite("safetensorsFileSource()", () => {
  const rows = Float32Array.from({ length: 12 }, (_, i) => i);
  const tensors = {
    activations: { shape: [2, 3, 2], data: rows },
    other: { shape: [3, 4], data: Uint16Array.from({ length: 12 }, (_, i) => i << 7), dtype: "BF16" },
    ids: { shape: [2, 3], data: BigInt64Array.of(5n, 6n, 7n, 8n, 9n, 10n) },
    positions: { shape: [6], data: Int32Array.of(0, 1, 2, 0, 1, 2) },
  } as const;
  const written = async (name: string, content: Parameters<typeof writeSafetensors>[1]): Promise<string> => {
    const path = join(folder, name);
    await writeSafetensors(path, content);
    return path;
  };

  test("gives rows, tokens and positions across the leading axes", async () => {
    const path = await written("all.safetensors", tensors);
    const source = await safetensorsFileSource(path, {
      flatten: true,
      tokenIdsTensor: "ids",
      positionsTensor: "positions",
      rowsPerChunk: 4,
    });
    expect(source).toMatchObject({
      nRows: 6,
      dIn: 2,
      provenance: { file: "all.safetensors", tensor: "activations" },
    });
    const expected = [
      {
        nRows: 4,
        rows: rows.subarray(0, 8),
        tokenIds: Int32Array.of(5, 6, 7, 8),
        positions: Int32Array.of(0, 1, 2, 0),
      },
      { nRows: 2, rows: rows.subarray(8), tokenIds: Int32Array.of(9, 10), positions: Int32Array.of(1, 2) },
    ];
    expect(await chunksOf(source)).toEqual(expected);
    expect(await chunksOf(source)).toEqual(expected);
  });

  test("takes the only tensor that can be meant, and widens it", async () => {
    const path = await written("only.safetensors", { other: tensors.other, ids: tensors.ids });
    const source = await safetensorsFileSource(path);
    expect(source.provenance).toMatchObject({ tensor: "other", dtype: "BF16" });
    // A bfloat16 pattern is the upper half of a float32 one.
    const values = new Float32Array(Uint32Array.from(tensors.other.data, (bits) => bits << 16).buffer);
    expect(await chunksOf(source)).toEqual([{ nRows: 3, rows: values }]);
  });

  test("refuses what does not fit, in words", async () => {
    const path = await written("refusals.safetensors", { ...tensors, second: tensors.other });
    const refusal = (options: Parameters<typeof safetensorsFileSource>[1]) =>
      expect(safetensorsFileSource(path, options)).rejects;
    await refusal({}).toThrow("pass flatten: true");
    await refusal({ tensor: "missing" }).toMatchObject({ code: "unknown-tensor", kind: "input" });
    await refusal({ tensor: "missing" }).toThrow('one of "activations" [2, 3, 2], "other" [3, 4]');
    await refusal({ tensor: "ids" }).toThrow("got dtype I64");
    await refusal({ tensor: "other", tokenIdsTensor: "ids" }).toThrow("for each of 3 rows");
    await refusal({ tensor: "other", tokenIdsTensor: "second" }).toMatchObject({ code: "shape-mismatch" });
    await refusal({ tensor: "other", tokenIdsTensor: "none" }).toMatchObject({ code: "unknown-tensor" });
    const two = await written("two.safetensors", { a: tensors.other, b: tensors.other });
    await expect(safetensorsFileSource(two)).rejects.toMatchObject({ code: "ambiguous-tensor" });
    const none = await written("none.safetensors", { ids: tensors.ids });
    await expect(safetensorsFileSource(none)).rejects.toThrow("no tensor of floats has two axes");
  });

  test("closes its file, also where it refuses", async () => {
    const path = await written("closes.safetensors", tensors);
    const { fileSystem, counter } = countingFileSystem();
    await expect(safetensorsFileSource(path, { fileSystem })).rejects.toMatchObject({ code: "not-a-matrix" });
    expect(counter.open).toBe(0);
    const source = await safetensorsFileSource(path, { fileSystem, flatten: true });
    for await (const _ of source.chunks()) break;
    expect(counter.open).toBe(0);
  });

  test("says so when the file became another one", async () => {
    const path = await written("changes.safetensors", { x: { shape: [2, 2], data: new Float32Array(4) } });
    const source = await safetensorsFileSource(path);
    await written("changes.safetensors", { x: { shape: [4, 1], data: new Float32Array(4) } });
    await expect(chunksOf(source)).rejects.toMatchObject({ code: "file-changed", kind: "input" });
  });
});

import { mkdir, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeSafetensors } from "@plumbline/safetensors";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { type ActivationStore, openActivationStore } from "./open-activation-store.ts";
import { inFolder, numbered, type TestSourceOptions, testSource } from "./store.test-kit.ts";
import { writeActivationStore } from "./write-activation-store.ts";

/** Writes a store of numbered rows, hands its path to `work`, and removes it. */
async function withFolder(
  options: Partial<TestSourceOptions> & { rowsPerShard?: number },
  work: (path: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, "store");
    const { rowsPerShard = 4, ...rest } = options;
    await writeActivationStore(path, testSource({ nRows: 11, dIn: 3, ...rest }), { rowsPerShard });
    await work(path);
  });
}

async function withStore(
  options: Partial<TestSourceOptions> & { rowsPerShard?: number },
  work: (store: ActivationStore) => Promise<void>,
): Promise<void> {
  await withFolder(options, async (path) => {
    const store = await openActivationStore(path);
    try {
      await work(store);
    } finally {
      await store.close();
    }
  });
}

async function stream(store: ActivationStore, seed: number, nSteps: number): Promise<string> {
  const batches: string[] = [];
  for await (const batch of store.batchSource({ seed }).batches({ batchSize: 4, startStep: 0 })) {
    batches.push(batch.join());
    if (batches.length === nSteps) break;
  }
  return batches.join("|");
}

suite("openActivationStore()", () => {
  test("gives back rows, ids, statistics and origin", async () => {
    const about = { hookPoint: "blocks.0.hook_resid_post", provenance: { text: "none" } };
    await withStore({ withIds: true, about }, async (store) => {
      expect(store).toMatchObject({ dIn: 3, nRows: 11 });
      // Column c of row r is 3r + c + 0.5; r averages 5.
      expect(store.statistics).toMatchObject({ nRows: 11, mean: Float32Array.of(15.5, 16.5, 17.5) });
      const chunk = await store.rows(2, 7);
      expect(chunk).toEqual({
        nRows: 7,
        rows: numbered(11, 3).slice(6, 27),
        tokenIds: Int32Array.of(1002, 1003, 1004, 1005, 1006, 1007, 1008),
        positions: Int32Array.of(2, 3, 4, 5, 6, 0, 1),
      });
      expect(store.source()).toMatchObject({ ...about, name: "numbered", nRows: 11 });
    });
  });

  test("reads any rows in any order", async () => {
    await withStore({ nRows: 50, rowsPerShard: 7 }, async (store) => {
      const all = numbered(50, 3);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(49), { maxLength: 80 }), async (rows) => {
          const out = new Float32Array(rows.length * 3);
          await store.readRows(Uint32Array.from(rows), out);
          expect([...out]).toEqual(rows.flatMap((row) => [...all.subarray(row * 3, row * 3 + 3)]));
        }),
        { numRuns: 50 },
      );
    });
  });

  test("reads rows wider than the longest read", async () => {
    await withStore({ nRows: 3, dIn: 300_000, rowsPerShard: 2 }, async (store) => {
      const out = new Float32Array(600_000);
      await store.readRows(Uint32Array.of(2, 1), out);
      expect([out[0], out[300_000]]).toEqual([600_000.5, 300_000.5]);
    });
  });

  test("gives one order for a seed however often it is opened, and others for other seeds", async () => {
    await withFolder({}, async (path) => {
      const once = async (seed: number) => {
        const store = await openActivationStore(path);
        const order = await stream(store, seed, 9);
        await store.close();
        return order;
      };
      expect(await once(3)).toBe(await once(3));
      expect(await once(4)).not.toBe(await once(3));
    });
  });

  test("gives the batches that the same rows in memory give", async () => {
    const { createActivationMemory } = await import("../activation-memory.ts");
    await withStore({}, async (store) => {
      const memory = createActivationMemory({ dIn: 3, rows: numbered(11, 3) });
      const request = { batchSize: 25, step: 3 };
      expect(await store.batchSource({ seed: 8 }).batchAt(request)).toEqual(
        await memory.batchSource({ seed: 8 }).batchAt(request),
      );
      expect(store.statistics).toEqual(memory.statistics);
    });
  });

  test("can be written again from its own source, byte for byte", async () => {
    await withFolder({ withIds: true }, async (path) => {
      const store = await openActivationStore(path);
      const again = await writeActivationStore(`${path}-again`, store.source(), { rowsPerShard: 4 });
      expect(again).toEqual(store.manifest);
      await store.close();
    });
  });

  test("refuses rows that are not there", async () => {
    await withStore({}, async (store) => {
      for (const [start, count] of [
        [0, 0],
        [-1, 2],
        [10, 2],
        [0.5, 1],
      ] as const) {
        await expect(store.rows(start, count)).rejects.toThrow(
          expect.objectContaining({ code: "row-out-of-range" }),
        );
      }
      await expect(store.readRows(Uint32Array.of(11), new Float32Array(3))).rejects.toThrow(
        /below 11, got 11/,
      );
    });
  });

  test("refuses to read once it is closed, and closes twice without harm", async () => {
    await withStore({}, async (store) => {
      await store.close();
      await store.close();
      await expect(store.rows(0, 1)).rejects.toThrow(expect.objectContaining({ code: "store-closed" }));
    });
  });

  test("reports progress and stops when told to", async () => {
    await withFolder({}, async (path) => {
      const seen: unknown[] = [];
      const store = await openActivationStore(path, { onProgress: (progress) => seen.push(progress) });
      await store.close();
      expect(seen).toEqual([1, 2, 3].map((nShards) => ({ nShards, nShardsInAll: 3 })));
      await expect(openActivationStore(path, { signal: AbortSignal.abort() })).rejects.toThrow(
        expect.objectContaining({ code: "interrupted" }),
      );
    });
  });
});

suite("openActivationStore() on what is no whole store", () => {
  const shard = "shard-00001.safetensors";
  const refused = async (path: string, expected: object, options = {}) =>
    expect(openActivationStore(path, options)).rejects.toThrow(expect.objectContaining(expected));

  test("says so where there is nothing, or another thing", async () => {
    await inFolder(async (folder) => {
      await refused(join(folder, "nowhere"), { code: "no-such-store", kind: "input" });
      await refused(folder, { code: "no-such-store" });
      await writeFile(join(folder, "file"), "");
      await refused(join(folder, "file"), { code: "no-such-store" });
      await mkdir(join(folder, "other"));
      await writeFile(join(folder, "other", "store.json"), '{"format":"zarr"}');
      await refused(join(folder, "other"), { code: "foreign-format" });
      await writeFile(join(folder, "other", "store.json"), '{"format":');
      await refused(join(folder, "other"), { code: "bad-json" });
    });
  });

  test("names a missing file", async () => {
    for (const file of [shard, "statistics.safetensors"]) {
      await withFolder({}, async (path) => {
        await rm(join(path, file));
        await refused(path, { code: "missing-shard", kind: "input", where: join(path, file) });
        await mkdir(join(path, file));
        await refused(path, { code: "missing-shard" });
      });
    }
  });

  test("names a shard of which one bit changed, and says what to do", async () => {
    await withFolder({}, async (path) => {
      const file = join(path, shard);
      const bytes = await readFile(file);
      bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
      await writeFile(file, bytes);
      await refused(path, {
        code: "altered-shard",
        kind: "input",
        where: file,
        hint: "fetch that file anew, or write the store again",
      });
      // Whoever checked before may skip it.
      await (await openActivationStore(path, { verify: "sizes" })).close();
    });
  });

  test("tells a truncated shard from one that grew", async () => {
    await withFolder({}, async (path) => {
      const file = join(path, shard);
      const bytes = await readFile(file);
      for (const verify of ["sizes", "checksums"] as const) {
        await truncate(file, bytes.length - 1);
        await refused(path, { code: "truncated-shard", where: file }, { verify });
        await writeFile(file, Buffer.concat([bytes, Buffer.of(0)]));
        await refused(path, { code: "altered-shard", where: file }, { verify });
      }
    });
  });

  test("refuses altered statistics even when only sizes are looked at", async () => {
    await withFolder({}, async (path) => {
      const file = join(path, "statistics.safetensors");
      const bytes = await readFile(file);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      await writeFile(file, bytes);
      await refused(path, { code: "altered-shard", where: file }, { verify: "sizes" });
    });
  });

  test("refuses a shard that holds other tensors than the manifest says", async () => {
    await withFolder({ dIn: 2 }, async (path) => {
      // Same length as the real one, for its header is padded: 4 rows of width 2, called otherwise or shaped otherwise.
      const file = join(path, "shard-00000.safetensors");
      const length = (await readFile(file)).length;
      for (const tensors of [
        { activationz: { shape: [4, 2], data: new Float32Array(8) } },
        { activations: { shape: [2, 4], data: new Float32Array(8) } },
        { activations: { shape: [8], data: new Float32Array(8) } },
        { activations: { shape: [4, 2], data: new Int32Array(8) } },
      ]) {
        const bytes = Buffer.from(encodeSafetensors(tensors));
        expect(bytes.length).toBe(length);
        await writeFile(file, bytes);
        await refused(path, { code: "bad-shard", kind: "input", where: file }, { verify: "sizes" });
      }
    });
  });

  test("names the row that is not finite in a shard that was made elsewhere", async () => {
    await withFolder({ dIn: 2 }, async (path) => {
      const file = join(path, "shard-00001.safetensors");
      const bytes = await readFile(file);
      bytes.writeFloatLE(Number.NaN, bytes.length - 4);
      await writeFile(file, bytes);
      const store = await openActivationStore(path, { verify: "sizes" });
      const expected = expect.objectContaining({
        code: "not-finite",
        message: expect.stringContaining("row 7, column 1 is NaN"),
      });
      await expect(store.readRows(Uint32Array.of(0, 7), new Float32Array(4))).rejects.toThrow(expected);
      await expect(store.readRows(Uint32Array.of(6, 7, 8), new Float32Array(6))).rejects.toThrow(expected);
      await expect(store.rows(0, 11)).rejects.toThrow(expected);
      await store.close();
    });
  });
});

suite("openActivationStore() on large files", () => {
  // The file is sparse: it takes a few blocks of the disk.
  test.skipIf(process.platform === "win32")("reads rows beyond 4 GiB in one shard", async () => {
    const { shardHead } = await import("./shard-head.ts");
    await withFolder({ nRows: 1, dIn: 1024 }, async (path) => {
      const nRows = 1_100_000;
      const head = shardHead({ dIn: 1024, dtype: "F32", tokenIds: false, positions: false }, nRows);
      const bytes = head.length + nRows * 4096;
      expect(bytes).toBeGreaterThan(2 ** 32);
      const file = await open(join(path, "shard-00000.safetensors"), "w");
      await file.truncate(bytes);
      await file.write(head, 0, head.length, 0);
      const marks = [524_288, 1_048_577, nRows - 1];
      for (const row of marks) {
        await file.write(new Uint8Array(Float32Array.of(row).buffer), 0, 4, head.length + row * 4096);
      }
      await file.close();
      const manifest = JSON.parse(await readFile(join(path, "store.json"), "utf8"));
      Object.assign(manifest, { nRows });
      Object.assign(manifest.shards[0], { nRows, bytes });
      await writeFile(join(path, "store.json"), JSON.stringify(manifest));
      const store = await openActivationStore(path, { verify: "sizes" });
      const out = new Float32Array(1024 * marks.length);
      await store.readRows(Uint32Array.from(marks), out);
      expect(marks.map((_, i) => out[i * 1024])).toEqual(marks);
      expect((await store.rows(1_048_577, 1)).rows[0]).toBe(1_048_577);
      await store.close();
    });
  });
});

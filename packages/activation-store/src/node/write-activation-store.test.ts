import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ActivationChunk, ActivationSource } from "@plumbline/core";
import { encodeSafetensors, readSafetensors } from "@plumbline/safetensors";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { filesIn, inFolder, numbered, type TestSourceOptions, testSource } from "./store.test-kit.ts";
import { writeActivationStore } from "./write-activation-store.ts";

/** What writing `source` to a new folder throws, and what is left of it. */
async function failure(
  source: ActivationSource,
  options: Parameters<typeof writeActivationStore>[2] = {},
): Promise<{ error: unknown; left: readonly string[] }> {
  return inFolder(async (folder) => {
    const error = await writeActivationStore(join(folder, "store"), source, options).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    return { error, left: await readdir(folder) };
  });
}

suite("writeActivationStore()", () => {
  test("writes shards of the asked size, their checksums, and what is known of the rows", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "deep", "store");
      const about = { hookPoint: "blocks.3.hook_resid_post", provenance: { text: "none", seed: 4 } };
      const source = testSource({ nRows: 7, dIn: 3, withIds: true, about });
      const manifest = await writeActivationStore(path, source, { rowsPerShard: 4 });
      expect(JSON.parse(await readFile(join(path, "store.json"), "utf8"))).toEqual(manifest);
      expect(manifest).toMatchObject({ ...about, dIn: 3, nRows: 7, tokenIds: true, positions: true });
      expect(manifest.shards.map((shard) => [shard.file, shard.nRows])).toEqual([
        ["shard-00000.safetensors", 4],
        ["shard-00001.safetensors", 3],
      ]);
      for (const { file, bytes, sha256 } of [...manifest.shards, manifest.statistics]) {
        const content = await readFile(join(path, file));
        expect(content.length).toBe(bytes);
        expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
      }
      const last = readSafetensors(await readFile(join(path, "shard-00001.safetensors")));
      expect(last.float32("activations")).toEqual({ shape: [3, 3], data: numbered(7, 3).slice(12) });
      expect([...last.int32("tokenIds").data]).toEqual([1004, 1005, 1006]);
      expect([...last.int32("positions").data]).toEqual([4, 5, 6]);
      expect(await readdir(path)).toEqual([
        "shard-00000.safetensors",
        "shard-00001.safetensors",
        "statistics.safetensors",
        "store.json",
      ]);
    });
  });

  test.each([
    [false, 9],
    [true, 9],
    [true, 70_000],
  ])("writes full shards as the safetensors writer would (with ids: %s, %i rows)", async (withIds, nRows) => {
    await inFolder(async (folder) => {
      const path = join(folder, "store");
      const source = testSource({ nRows, dIn: 2, withIds, chunkSizes: [999] });
      await writeActivationStore(path, source, { rowsPerShard: nRows });
      const rows = Array.from({ length: nRows }, (_, row) => row);
      const ids = {
        tokenIds: { shape: [nRows], data: Int32Array.from(rows, (row) => 1000 + row) },
        positions: { shape: [nRows], data: Int32Array.from(rows, (row) => row % 7) },
      };
      const expected = encodeSafetensors({
        activations: { shape: [nRows, 2], data: numbered(nRows, 2) },
        ...(withIds && ids),
      });
      const written = await readFile(join(path, "shard-00000.safetensors"));
      expect(Buffer.compare(written, expected)).toBe(0);
    });
  });

  test("gives the same bytes however the source cuts its chunks", async () => {
    const nRows = 23;
    const write = (options: Partial<TestSourceOptions>) =>
      inFolder(async (folder) => {
        const source = testSource({ nRows, dIn: 3, withIds: true, ...options });
        await writeActivationStore(join(folder, "store"), source, { rowsPerShard: 5 });
        return filesIn(join(folder, "store"));
      });
    const whole = await write({ chunkSizes: [nRows], about: { nRows } });
    const cuts = fc.array(fc.integer({ min: 1, max: nRows }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, async (chunkSizes) => {
        expect(await write({ chunkSizes })).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  test("does not keep the source's arrays: one buffer may serve all chunks", async () => {
    await inFolder(async (folder) => {
      async function* chunks(): AsyncGenerator<ActivationChunk> {
        const rows = new Float32Array(4);
        for (let i = 0; i < 5; i++) yield { nRows: 2, rows: rows.fill(i) };
        rows.fill(99);
      }
      const source = { ...testSource({ nRows: 10, dIn: 2 }), chunks };
      await writeActivationStore(join(folder, "store"), source);
      const file = readSafetensors(await readFile(join(folder, "store", "shard-00000.safetensors")));
      const firstColumn = file.float32("activations").data.filter((_, i) => i % 2 === 0);
      expect([...firstColumn]).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses %d, naming row and column, and leaves nothing",
    async (value) => {
      const rows = numbered(20, 3);
      rows[17 * 3 + 1] = value;
      const { error, left } = await failure(testSource({ nRows: 20, dIn: 3, rows }), { rowsPerShard: 4 });
      expect(error).toMatchObject({
        code: "not-finite",
        kind: "input",
        message: expect.stringContaining(`row 17, column 1 is ${value}`),
      });
      expect(left).toEqual([]);
    },
  );

  test("refuses an output that exists, before the source is asked for anything", async () => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, "store"));
      let asked = false;
      const source = {
        ...testSource({ nRows: 2, dIn: 2 }),
        chunks: () => {
          asked = true;
          return testSource({ nRows: 2, dIn: 2 }).chunks();
        },
      };
      await expect(writeActivationStore(join(folder, "store"), source)).rejects.toThrow(
        expect.objectContaining({ code: "output-exists" }),
      );
      expect(asked).toBe(false);
      expect(await readdir(join(folder, "store"))).toEqual([]);
    });
  });

  test("refuses sources that break their word, and leaves nothing", async () => {
    const good = testSource({ nRows: 4, dIn: 2, withIds: true, chunkSizes: [2] });
    const giving = (...given: readonly Partial<ActivationChunk>[]): ActivationSource => ({
      ...good,
      async *chunks() {
        for (const chunk of given) yield chunk as ActivationChunk;
      },
    });
    const rows = new Float32Array(4);
    const tokenIds = new Int32Array(2);
    const cases: readonly (readonly [ActivationSource, string])[] = [
      [{ ...good, nRows: 5 }, "row-count-mismatch"],
      [{ ...good, dIn: 0 }, "bad-width"],
      [{ ...good, dIn: 2 ** 21 }, "bad-width"],
      [giving(), "no-rows"],
      [giving({ nRows: 0, rows: new Float32Array() }), "bad-chunk"],
      [giving({ nRows: 3, rows }), "bad-chunk"],
      [giving({ nRows: 2, rows, tokenIds: new Int32Array(1) }), "bad-chunk"],
      [giving({ nRows: 2, rows, positions: new Int32Array(3) }), "bad-chunk"],
      [giving({ nRows: 2, rows }, { nRows: 2, rows, tokenIds }), "bad-chunk"],
      [giving({ nRows: 2, rows, tokenIds }, { nRows: 2, rows }), "bad-chunk"],
      [{ ...good, provenance: { speed: Number.NaN } }, "bad-provenance"],
    ];
    for (const [source, code] of cases) {
      const { error, left } = await failure(source, { rowsPerShard: 1 });
      expect(error).toMatchObject({ code });
      expect(left).toEqual([]);
    }
    const { error } = await failure(good, { rowsPerShard: 0 });
    expect(error).toMatchObject({ code: "bad-shard-size", kind: "usage" });
  });

  test("passes an error of the source on and lets the source clean up", async () => {
    let cleaned = false;
    const source: ActivationSource = {
      ...testSource({ nRows: 4, dIn: 2 }),
      async *chunks() {
        try {
          yield { nRows: 1, rows: Float32Array.of(1, Number.NaN) };
        } finally {
          cleaned = true;
        }
      },
    };
    expect((await failure(source)).error).toMatchObject({ code: "not-finite" });
    expect(cleaned).toBe(true);
    const failing: ActivationSource = {
      ...source,
      // biome-ignore lint/correctness/useYield: it fails before it gives anything.
      async *chunks() {
        throw new Error("model on fire");
      },
    };
    expect((await failure(failing)).error).toEqual(new Error("model on fire"));
  });

  test("reports progress", async () => {
    await inFolder(async (folder) => {
      const seen: unknown[] = [];
      await writeActivationStore(
        join(folder, "store"),
        testSource({ nRows: 7, dIn: 2, chunkSizes: [3], about: { nRows: 7 } }),
        { rowsPerShard: 4, onProgress: (progress) => seen.push(progress) },
      );
      expect(seen).toEqual([
        { nRows: 3, nRowsInAll: 7, nShards: 0 },
        { nRows: 6, nRowsInAll: 7, nShards: 1 },
        { nRows: 7, nRowsInAll: 7, nShards: 1 },
      ]);
    });
  });
});

suite("writeActivationStore() when it is stopped", () => {
  const endless = (chunks: ActivationSource["chunks"]): ActivationSource => ({
    ...testSource({ nRows: 1, dIn: 1 }),
    chunks,
  });
  const row: ActivationChunk = { nRows: 1, rows: Float32Array.of(1) };
  const interrupted = { code: "interrupted", kind: "interrupted" };

  test("stops between chunks and leaves nothing", async () => {
    const controller = new AbortController();
    let closed = false;
    const source = endless(async function* () {
      try {
        for (let i = 0; ; i++) {
          if (i === 10) controller.abort();
          yield row;
        }
      } finally {
        closed = true;
      }
    });
    const { error, left } = await failure(source, { signal: controller.signal, rowsPerShard: 3 });
    expect(error).toMatchObject(interrupted);
    expect(left).toEqual([]);
    expect(closed).toBe(true);
  });

  test("does not wait for a source that is stuck", async () => {
    const controller = new AbortController();
    const source = endless(async function* () {
      yield row;
      setTimeout(() => controller.abort(), 5);
      await new Promise(() => undefined);
    });
    const { error, left } = await failure(source, { signal: controller.signal });
    expect(error).toMatchObject(interrupted);
    expect(left).toEqual([]);
  });

  test("hands the signal to the source, and takes the source's own refusal for the same thing", async () => {
    const controller = new AbortController();
    const source = endless(async function* (options) {
      yield row;
      controller.abort();
      options?.signal?.throwIfAborted();
    });
    const { error } = await failure(source, { signal: controller.signal });
    expect(error).toMatchObject(interrupted);
  });

  test("does not begin when it was stopped before", async () => {
    const { error, left } = await failure(testSource({ nRows: 3, dIn: 1 }), { signal: AbortSignal.abort() });
    expect(error).toMatchObject(interrupted);
    expect(left).toEqual([]);
  });
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors } from "@plumbline/safetensors";
import { expect, describe as suite, test } from "vitest";
import { openActivationStore } from "./open-activation-store.ts";
import { inFolder, testSource } from "./store.test-kit.ts";
import { writeActivationStore } from "./write-activation-store.ts";

const stored = [
  // 1 + 2^-11 is halfway between the float16 numbers 1 and 1 + 2^-10, and 1 + 3 · 2^-11 between that and the next.
  ["F16", [1 + 2 ** -11, 1 + 3 * 2 ** -11, -65504, 2 ** -25], [1, 1 + 2 ** -9, -65504, 0]],
  // The same with the 7 bits of bfloat16; 30000 lies between 29952 and 30080, multiples of 2^7.
  ["BF16", [1 + 2 ** -8, 1 + 3 * 2 ** -8, -3e4, 2 ** -25], [1, 1 + 2 ** -6, -29952, 2 ** -25]],
] as const;

suite.each(stored)("a store of %s", (dtype, values, rounded) => {
  const rows = Float32Array.from([...values, ...values, ...values].slice(0, 10));
  const expected = Float32Array.from([...rounded, ...rounded, ...rounded].slice(0, 10));

  test("holds values rounded to nearest even, reads them as float32, and counts what it holds", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "store");
      const source = testSource({ nRows: 5, dIn: 2, rows, withIds: true, chunkSizes: [3] });
      const manifest = await writeActivationStore(path, source, { rowsPerShard: 2, dtype });
      expect(manifest.dtype).toBe(dtype);
      const shard = readSafetensors(await readFile(join(path, "shard-00001.safetensors")));
      expect(shard.tensors.get("activations")).toMatchObject({ dtype, shape: [2, 2] });
      const store = await openActivationStore(path);
      expect((await store.rows(0, 5)).rows).toEqual(expected);
      expect([...((await store.rows(1, 3)).tokenIds ?? [])]).toEqual([1001, 1002, 1003]);
      const some = new Float32Array(6);
      await store.readRows(Uint32Array.of(4, 0, 3), some);
      expect([...some]).toEqual([4, 0, 3].flatMap((row) => [...expected.subarray(2 * row, 2 * row + 2)]));
      const sum = expected.reduce((total, value) => total + value * value, 0);
      expect(store.statistics.meanSquaredNorm / (sum / 5)).toBeCloseTo(1, 14);
      const again = await writeActivationStore(`${path}-again`, store.source(), { rowsPerShard: 2, dtype });
      expect(again).toEqual(manifest);
      await store.close();
    });
  });

  test("takes its bytes from the rows alone, however they are cut", async () => {
    await inFolder(async (folder) => {
      const write = (name: string, chunkSizes: readonly number[]) =>
        writeActivationStore(join(folder, name), testSource({ nRows: 5, dIn: 2, rows, chunkSizes }), {
          rowsPerShard: 3,
          dtype,
        });
      expect(await write("a", [1])).toEqual(await write("b", [4, 1]));
    });
  });
});

suite("what a dtype cannot hold", () => {
  test.each([
    ["F16", 65519, undefined, undefined],
    ["F16", 65520, "too-large-for-dtype", "use BF16"],
    ["F16", -1e5, "too-large-for-dtype", "use BF16"],
    ["BF16", 3.4e38, "too-large-for-dtype", "use F32"],
    ["F16", Number.POSITIVE_INFINITY, "not-finite", "input of that row"],
  ] as const)("in %s, %d is %s", async (dtype, value, code, hint) => {
    await inFolder(async (folder) => {
      const rows = new Float32Array(20);
      rows[13] = value;
      const source = testSource({ nRows: 10, dIn: 2, rows });
      const writing = writeActivationStore(join(folder, "store"), source, { dtype });
      if (code === undefined) {
        expect((await writing).dtype).toBe(dtype);
        return;
      }
      await expect(writing).rejects.toThrow(
        expect.objectContaining({
          code,
          kind: "input",
          message: expect.stringContaining(`row 6, column 1 is ${Math.fround(value)}`),
          hint: expect.stringContaining(hint ?? ""),
        }),
      );
    });
  });
});

suite("statistics of single shards", () => {
  test("are those of their rows", async () => {
    await inFolder(async (folder) => {
      // Shards of rows (1, 2), (3, 4) and (5, 6): squared norms 5, 25 and 61.
      const rows = Float32Array.of(1, 2, 3, 4, 5, 6);
      const path = join(folder, "store");
      const manifest = await writeActivationStore(path, testSource({ nRows: 3, dIn: 2, rows }), {
        rowsPerShard: 2,
      });
      expect(manifest.shards.map((shard) => shard.meanSquaredNorm)).toEqual([15, 61]);
      const statistics = readSafetensors(await readFile(join(path, "statistics.safetensors")));
      expect(statistics.float32("shardMeans")).toEqual({ shape: [2, 2], data: Float32Array.of(2, 3, 5, 6) });
      expect(statistics.float32("mean")).toEqual({ shape: [2], data: Float32Array.of(3, 4) });
    });
  });
});

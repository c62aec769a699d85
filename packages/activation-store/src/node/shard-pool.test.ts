import type { SafetensorsReader } from "@plumbline/safetensors/node";
import { expect, describe as suite, test } from "vitest";
import { createShardPool } from "./shard-pool.ts";

/** A pool over readers that only count. */
function countedPool(maxOpen: number) {
  const open = new Set<number>();
  const opened: number[] = [];
  const pool = createShardPool(async (shard) => {
    if (shard === 13) throw new Error("no such shard");
    opened.push(shard);
    open.add(shard);
    return {
      path: String(shard),
      close: async () => {
        open.delete(shard);
      },
    } as SafetensorsReader;
  }, maxOpen);
  const touch = (shard: number) => pool.use(shard, async (reader) => reader.path);
  return { pool, open, opened, touch };
}

suite("createShardPool()", () => {
  test("keeps files open and opens each once", async () => {
    const { open, opened, touch } = countedPool(3);
    for (const shard of [0, 1, 0, 2, 1]) expect(await touch(shard)).toBe(String(shard));
    expect(opened).toEqual([0, 1, 2]);
    expect(open.size).toBe(3);
  });

  test("closes the file whose use is longest ago when there are too many", async () => {
    const { open, touch } = countedPool(2);
    for (const shard of [0, 1, 0, 2]) await touch(shard);
    expect([...open].sort()).toEqual([0, 2]);
  });

  test("opens a file once for users at the same time, and never closes one in use", async () => {
    const { pool, open, opened, touch } = countedPool(1);
    let release = (): void => undefined;
    const held = pool.use(0, () => new Promise<void>((resolve) => (release = resolve)));
    await Promise.all([touch(0), touch(1), touch(1)]);
    expect(open.has(0)).toBe(true);
    release();
    await held;
    expect(opened.filter((shard) => shard === 0)).toEqual([0]);
    expect(open.size).toBe(1);
  });

  test("passes a failed opening on and tries again the next time", async () => {
    const { touch, open } = countedPool(1);
    await expect(touch(13)).rejects.toThrow("no such shard");
    await expect(touch(13)).rejects.toThrow("no such shard");
    await touch(1);
    expect([...open]).toEqual([1]);
  });

  test("closes after work in progress, and refuses new work", async () => {
    const { pool, open, touch } = countedPool(4);
    let release = (): void => undefined;
    const held = pool.use(0, () => new Promise<void>((resolve) => (release = resolve)));
    await touch(1);
    const closing = pool.close();
    await expect(touch(1)).rejects.toThrow(expect.objectContaining({ code: "store-closed" }));
    expect(open.has(0)).toBe(true);
    release();
    await Promise.all([held, closing, pool.close()]);
    expect(open.size).toBe(0);
  });
});

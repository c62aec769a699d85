import type { BatchSource } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { shareBatches } from "./share-batches.ts";

const order = { batchSize: 1, startStep: 0 };

/** Counts up from `startStep` in one buffer that it uses again, as a source may. */
function counting(options: { end?: number; failAt?: number } = {}) {
  const { end = Number.POSITIVE_INFINITY, failAt } = options;
  const seen = { read: 0, ended: false };
  const source: BatchSource = {
    dIn: 1,
    nRows: 10,
    statistics: { nRows: 10, mean: new Float32Array(1), meanSquaredNorm: 1 },
    async *batches({ startStep }) {
      const buffer = new Float32Array(1);
      try {
        for (let i = startStep; i < end; i++) {
          if (i === failAt) throw new Error("torn");
          seen.read++;
          buffer[0] = i;
          yield buffer;
        }
      } finally {
        seen.ended = true;
      }
    },
  };
  return { source, seen };
}

async function take(source: BatchSource, n: number, pause = 0): Promise<number[]> {
  const taken: number[] = [];
  for await (const [value = Number.NaN] of source.batches(order)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    taken.push(value);
    if (taken.length === n) break;
  }
  return taken;
}

suite("shareBatches()", () => {
  test("gives every reader every batch, each read once, however slow one is", async () => {
    const { source, seen } = counting();
    const [a, b, c] = shareBatches(source, 3);
    if (a === undefined || b === undefined || c === undefined) throw new Error("three shares");
    expect([a.source.dIn, a.source.nRows]).toEqual([1, 10]);
    const lists = await Promise.all([take(a.source, 4), take(b.source, 4, 3), take(c.source, 4)]);
    expect(lists).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
    expect(seen).toEqual({ read: 4, ended: true });
  });

  test("never reads the next batch while a reader still has this one", async () => {
    const { source } = counting();
    const [a, b] = shareBatches(source, 2);
    const quick = a?.source.batches(order)[Symbol.asyncIterator]();
    const slow = b?.source.batches(order)[Symbol.asyncIterator]();
    const first = await Promise.all([quick?.next(), slow?.next()]);
    const next = quick?.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([...(first[1]?.value ?? [])]).toEqual([0]);
    await Promise.all([next, slow?.next()]);
    expect([...(first[1]?.value ?? [])]).toEqual([1]);
  });

  test("goes on without a reader that stops, that fails, or that never began", async () => {
    const { source, seen } = counting();
    const [a, b, c] = shareBatches(source, 3);
    c?.leave();
    c?.leave();
    const failing = (async () => {
      for await (const _ of b?.source.batches(order) ?? []) throw new Error("diverged");
    })();
    const [taken, failed] = await Promise.allSettled([take(a?.source ?? source, 5), failing]);
    expect(taken).toEqual({ status: "fulfilled", value: [0, 1, 2, 3, 4] });
    expect(failed).toMatchObject({ reason: new Error("diverged") });
    expect(seen.ended).toBe(true);
  });

  test("tells every reader of the end and of a failure", async () => {
    const ended = shareBatches(counting({ end: 2 }).source, 2);
    expect(await Promise.all(ended.map(({ source }) => take(source, 9)))).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const torn = shareBatches(counting({ failAt: 1 }).source, 2);
    const results = await Promise.allSettled(torn.map(({ source }) => take(source, 9)));
    for (const result of results) expect(result).toMatchObject({ reason: new Error("torn") });
  });

  test("refuses readers that ask for different batches, and no readers", async () => {
    const [a, b] = shareBatches(counting().source, 2);
    const good = take(a?.source ?? counting().source, 2);
    const other = b?.source.batches({ batchSize: 1, startStep: 5 })[Symbol.asyncIterator]().next();
    await expect(other).rejects.toThrow("got 1 from step 5");
    expect(await good).toEqual([0, 1]);
    expect(() => shareBatches(counting().source, 0)).toThrow("nReaders");
  });
});

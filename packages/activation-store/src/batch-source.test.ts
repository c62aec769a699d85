import { createRandom } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createActivationMemory } from "./activation-memory.ts";
import { createBatchSource, type RowReader } from "./batch-source.ts";

/** Row r is the single number r. */
function numbers(nRows: number): RowReader {
  return createActivationMemory({ dIn: 1, rows: Float32Array.from({ length: nRows }, (_, i) => i) });
}

async function collect(
  source: ReturnType<typeof createBatchSource>,
  options: { batchSize: number; startStep: number; nSteps: number },
): Promise<number[][]> {
  const { nSteps, ...rest } = options;
  const found: number[][] = [];
  if (nSteps === 0) return found;
  for await (const batch of source.batches(rest)) {
    found.push([...batch]);
    if (found.length === nSteps) break;
  }
  return found;
}

/** A reader whose reads wait to be let through. */
function gated(nRows: number) {
  const waiting: (() => void)[] = [];
  let nStarted = 0;
  const reader: RowReader = {
    ...numbers(nRows),
    readRows: async (indices, out) => {
      nStarted++;
      await new Promise<void>((resolve) => waiting.push(resolve));
      out.set(indices);
    },
  };
  return { reader, waiting, nStarted: () => nStarted };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

suite("createBatchSource()", () => {
  test("gives every row once an epoch, whatever divides what", async () => {
    const sizes = fc.record({
      nRows: fc.integer({ min: 1, max: 40 }),
      batchSize: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async ({ nRows, batchSize }, seed) => {
        const source = createBatchSource(numbers(nRows), { seed });
        const nSteps = Math.ceil((3 * nRows) / batchSize);
        const stream = (await collect(source, { batchSize, startStep: 0, nSteps })).flat();
        const all = Array.from({ length: nRows }, (_, i) => i);
        for (const epoch of [0, 1, 2]) {
          const rows = stream.slice(epoch * nRows, (epoch + 1) * nRows);
          expect(rows.sort((a, b) => a - b)).toEqual(all);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("starts at any step with the batch that an uninterrupted stream has there", async () => {
    const options = { batchSize: 7, startStep: 0, nSteps: 20 };
    const whole = await collect(createBatchSource(numbers(23), { seed: 5 }), options);
    for (const startStep of [1, 4, 11]) {
      const resumed = createBatchSource(numbers(23), { seed: 5 });
      expect(await collect(resumed, { batchSize: 7, startStep, nSteps: 9 })).toEqual(
        whole.slice(startStep, startStep + 9),
      );
      expect([...(await resumed.batchAt({ batchSize: 7, step: startStep }))]).toEqual(whole[startStep]);
    }
  });

  test("reads nothing of the steps before the first", async () => {
    const seen: number[] = [];
    const reader: RowReader = {
      ...numbers(100),
      readRows: async (indices) => {
        seen.push(indices.length);
      },
    };
    await collect(createBatchSource(reader, { seed: 1 }), { batchSize: 10, startStep: 1_000_000, nSteps: 1 });
    // The batch that was asked for and the one read ahead.
    expect(seen).toEqual([10, 10]);
  });

  test("gives one order for one seed, others for others", async () => {
    const first = async (seed: number) =>
      (await createBatchSource(numbers(500), { seed }).batchAt({ batchSize: 500, step: 0 })).join();
    expect(await first(1)).toBe(await first(1));
    expect(await first(2)).not.toBe(await first(1));
  });

  test("takes a seed for the stream `order` of a root with that seed", async () => {
    const request = { batchSize: 30, step: 2 };
    const bySeed = await createBatchSource(numbers(50), { seed: 9 }).batchAt(request);
    const byStream = await createBatchSource(numbers(50), {
      random: createRandom(9).stream("order"),
    }).batchAt(request);
    expect(byStream).toEqual(bySeed);
  });

  test("reads one batch ahead, not more, and leaves the caller's batch alone meanwhile", async () => {
    const { reader, waiting, nStarted } = gated(100);
    const iterator = createBatchSource(reader, { seed: 1 })
      .batches({ batchSize: 10, startStep: 0 })
      [Symbol.asyncIterator]();
    const first = iterator.next();
    await settle();
    waiting.shift()?.();
    const batch = (await first).value;
    const copy = [...batch];
    await settle();
    expect(nStarted()).toBe(2);
    waiting.shift()?.();
    await settle();
    expect(nStarted()).toBe(2);
    expect([...batch]).toEqual(copy);
    expect([...(await iterator.next()).value]).not.toEqual(copy);
    waiting.shift()?.();
    await iterator.return?.();
  });

  test("ends only when the read ahead has ended", async () => {
    const { reader, waiting } = gated(100);
    const iterator = createBatchSource(reader, { seed: 1 })
      .batches({ batchSize: 10, startStep: 0 })
      [Symbol.asyncIterator]();
    const first = iterator.next();
    await settle();
    waiting.shift()?.();
    await first;
    let ended = false;
    const ending = iterator.return?.().then(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(false);
    waiting.shift()?.();
    await ending;
    expect(ended).toBe(true);
  });

  test("reports a failed read with the batch that it was for", async () => {
    let n = 0;
    const reader: RowReader = {
      ...numbers(100),
      readRows: async () => {
        n++;
        if (n === 3) throw new Error("disk on fire");
      },
    };
    const iterator = createBatchSource(reader, { seed: 1 })
      .batches({ batchSize: 10, startStep: 0 })
      [Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    // The third read has failed by now; nobody has asked for it, and no unhandled rejection may end the process.
    await settle();
    await expect(iterator.next()).rejects.toThrow("disk on fire");
  });

  test("refuses batch sizes and steps that are none", async () => {
    const source = createBatchSource(numbers(10), { seed: 1 });
    for (const [batchSize, step] of [
      [0, 0],
      [1.5, 0],
      [4, -1],
      [4, Number.NaN],
      [2 ** 30, 2 ** 40],
    ] as const) {
      const expected = expect.objectContaining({ code: "bad-batch" });
      await expect(source.batchAt({ batchSize, step })).rejects.toThrow(expected);
      await expect(collect(source, { batchSize, startStep: step, nSteps: 1 })).rejects.toThrow(expected);
    }
  });

  test("refuses a reader without rows, or with more than 32 bits can number", () => {
    expect(() => createBatchSource({ ...numbers(1), nRows: 0 }, { seed: 1 })).toThrow(
      expect.objectContaining({ code: "no-rows" }),
    );
    expect(() => createBatchSource({ ...numbers(1), nRows: 2 ** 32 }, { seed: 1 })).toThrow(
      expect.objectContaining({ code: "too-many-rows" }),
    );
  });
});

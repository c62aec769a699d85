import type { ActivationPass, PassChunk } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createActivationMemory } from "./activation-memory.ts";
import { createLiveBatchSource } from "./live-batch-source.ts";

interface PassOptions {
  readonly nRows: number;
  readonly chunk?: number;
  readonly told?: boolean;
  readonly onRead?: (startRow: number) => void;
  readonly onChunk?: (endRow: number) => void;
}

/** Row r of width 2 is (r, −r), and (r) at a second hook point. */
function counting(options: PassOptions): ActivationPass {
  const { nRows, chunk = 7, told = true, onRead, onChunk } = options;
  return {
    specVersion: 1,
    name: "counting",
    hooks: [
      { hookPoint: "one", dIn: 1 },
      { hookPoint: "two", dIn: 2 },
    ],
    ...(told && { nRows }),
    async *chunks({ startRow = 0, signal } = {}): AsyncGenerator<PassChunk> {
      onRead?.(startRow);
      for (let first = startRow; first < nRows; first += chunk) {
        signal?.throwIfAborted();
        const count = Math.min(chunk, nRows - first);
        onChunk?.(first + count);
        yield {
          nRows: count,
          rows: [
            Float32Array.from({ length: count }, (_, i) => first + i),
            Float32Array.from({ length: 2 * count }, (_, i) => (first + (i >> 1)) * (i % 2 ? -1 : 1)),
          ],
        };
      }
    },
  };
}

async function read(
  pass: ActivationPass,
  options: { seed?: number; windowRows: number; batchSize: number; startStep?: number; nSteps: number },
): Promise<number[]> {
  const { seed = 5, windowRows, batchSize, startStep = 0, nSteps } = options;
  const source = await createLiveBatchSource(pass, { seed, windowRows, hookPoint: "one" });
  const rows: number[] = [];
  let step = 0;
  for await (const batch of source.batches({ batchSize, startStep })) {
    rows.push(...batch);
    if (++step === nSteps) break;
  }
  return rows;
}

suite("createLiveBatchSource()", () => {
  test("gives the same batches from any step on, whatever is known of the length and however chunks are cut", async () => {
    const settings = fc.record({
      nRows: fc.integer({ min: 1, max: 60 }),
      chunk: fc.integer({ min: 1, max: 20 }),
      otherChunk: fc.integer({ min: 1, max: 20 }),
      told: fc.boolean(),
      windowRows: fc.integer({ min: 1, max: 90 }),
      batchSize: fc.integer({ min: 1, max: 17 }),
      startStep: fc.nat(25),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ nRows, chunk, otherChunk, told, startStep, ...rest }) => {
        const whole = await read(counting({ nRows, chunk }), { ...rest, nSteps: startStep + 3 });
        const later = counting({ nRows, chunk: otherChunk, told });
        expect(await read(later, { ...rest, startStep, nSteps: 3 })).toEqual(
          whole.slice(startStep * rest.batchSize),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("orders rows by a key of their own, found here by sorting", async () => {
    const { createRowKeys } = await import("./row-keys.ts");
    const [nRows, windowRows, n] = [50, 30, 400];
    const keyOf = createRowKeys(5, windowRows);
    // Rows from n + windowRows on have larger keys than n rows before them.
    const sorted = Array.from({ length: n + windowRows }, (_, row) => ({ row, key: keyOf(row) })).sort(
      (a, b) => a.key - b.key || a.row - b.row,
    );
    const expected = sorted.slice(0, n).map(({ row }) => row % nRows);
    expect(await read(counting({ nRows }), { windowRows, batchSize: 40, nSteps: 10 })).toEqual(expected);
  });

  test("reads from one window before the first row on, not from the beginning", async () => {
    const starts: number[] = [];
    const pass = counting({ nRows: 10_000, onRead: (startRow) => starts.push(startRow) });
    await read(pass, { windowRows: 50, batchSize: 10, startStep: 500, nSteps: 1 });
    // The measuring, and then place 5000.
    expect(starts).toEqual([0, 4950]);
    await read(pass, { windowRows: 50, batchSize: 10, startStep: 2500, nSteps: 1 });
    // Place 25,000 of the third epoch: row 24,950 of the stream.
    expect(starts.slice(2)).toEqual([0, 4950]);
  });

  test("gives every row once an epoch, none more than a window late", async () => {
    const [nRows, windowRows] = [1000, 64];
    const stream = await read(counting({ nRows }), { windowRows, batchSize: 100, nSteps: 30 });
    // Row r of the stream has its place among r − W + 1 … r + W, so epoch e is whole between its edges.
    const epochs = [0, 1].map((epoch) => stream.slice(epoch * nRows, (epoch + 1) * nRows + windowRows));
    for (const rows of epochs) expect(new Set(rows).size).toBe(nRows);
    const counts = new Map<number, number>();
    for (const row of stream) counts.set(row, (counts.get(row) ?? 0) + 1);
    // Those at the edges may have crossed the end of the stream that is looked at.
    for (let row = windowRows; row < nRows - windowRows; row++) expect(counts.get(row)).toBe(3);
    stream.slice(0, nRows - windowRows).forEach((row, place) => {
      expect(Math.abs(row - place)).toBeLessThan(windowRows);
    });
  });

  test("never holds more than a window of rows", async () => {
    let taken = 0;
    let read = 0;
    const windowRows = 100;
    const pass = counting({ nRows: 5000, chunk: 1, onChunk: (end) => (read = end) });
    const source = await createLiveBatchSource(pass, { seed: 1, windowRows, hookPoint: "one" });
    for await (const batch of source.batches({ batchSize: 20, startStep: 0 })) {
      taken += batch.length;
      // This batch, the next one that is being made, and the window.
      expect(read - taken).toBeLessThanOrEqual(20 + windowRows);
      if (taken >= 4000) break;
    }
  });

  test("makes the next batch while the caller works, one and not more", async () => {
    let read = 0;
    const pass = counting({ nRows: 5000, chunk: 1, onChunk: (end) => (read = end) });
    const source = await createLiveBatchSource(pass, { seed: 1, windowRows: 1, hookPoint: "one" });
    for await (const batch of source.batches({ batchSize: 20, startStep: 0 })) {
      expect(batch[0]).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(read).toBe(40);
      break;
    }
  });

  test("leaves the order as it is in a window of one row", async () => {
    const stream = await read(counting({ nRows: 7 }), { windowRows: 1, batchSize: 10, nSteps: 2 });
    expect(stream).toEqual(Array.from({ length: 20 }, (_, i) => i % 7));
  });

  test("takes a source as well, and any hook point of a pass", async () => {
    const rows = Float32Array.from({ length: 30 }, (_, i) => i);
    const memory = createActivationMemory({ dIn: 1, rows });
    const options = { seed: 3, windowRows: 8 };
    const first = async (source: Awaited<ReturnType<typeof createLiveBatchSource>>, startStep: number) => {
      for await (const batch of source.batches({ batchSize: 5, startStep })) return [...batch];
      return [];
    };
    const one = await createLiveBatchSource(counting({ nRows: 30 }), { ...options, hookPoint: "one" });
    const two = await createLiveBatchSource(counting({ nRows: 30 }), { ...options, hookPoint: "two" });
    const fromMemory = await createLiveBatchSource(memory, options);
    for (const step of [0, 4, 9]) {
      const expected = await first(one, step);
      expect(await first(fromMemory, step)).toEqual(expected);
      expect((await first(two, step)).filter((_, i) => i % 2 === 0)).toEqual(expected);
    }
    await expect(createLiveBatchSource(counting({ nRows: 3 }), options)).rejects.toThrow(
      /name of a hook point/,
    );
  });

  test("measures the first window, and says how many rows it knows of", async () => {
    const about = async (nRows: number, told: boolean, windowRows: number) => {
      const pass = counting({ nRows, told });
      const source = await createLiveBatchSource(pass, { seed: 1, windowRows, hookPoint: "one" });
      return { nRows: source.nRows, statistics: source.statistics };
    };
    // Rows 0, 1, 2, 3: mean 1.5, squares 0 + 1 + 4 + 9.
    const statistics = { nRows: 4, mean: Float32Array.of(1.5), meanSquaredNorm: 3.5 };
    expect(await about(100, true, 4)).toEqual({ nRows: 100, statistics });
    expect(await about(100, false, 4)).toEqual({ nRows: 4, statistics });
    expect(await about(4, false, 50)).toEqual({ nRows: 4, statistics });
    let read = false;
    const pass = counting({ nRows: 9, onRead: () => (read = true) });
    const known = await createLiveBatchSource(pass, { seed: 1, windowRows: 2, hookPoint: "one", statistics });
    expect([known.statistics, read]).toEqual([statistics, false]);
  });

  test("refuses windows of nothing, passes of nothing, and lengths that were not announced", async () => {
    const options = { seed: 1, windowRows: 3, hookPoint: "one" };
    await expect(
      createLiveBatchSource(counting({ nRows: 9 }), { ...options, windowRows: 0 }),
    ).rejects.toThrow(expect.objectContaining({ code: "bad-window" }));
    await expect(createLiveBatchSource(counting({ nRows: 0, told: false }), options)).rejects.toThrow(
      expect.objectContaining({ code: "no-rows" }),
    );
    const wrong = { ...counting({ nRows: 9 }), nRows: 8 };
    await expect(read(wrong, { windowRows: 2, batchSize: 5, nSteps: 4 })).rejects.toThrow(
      expect.objectContaining({ code: "row-count-mismatch" }),
    );
    const source = await createLiveBatchSource(counting({ nRows: 9 }), options);
    await expect(
      source.batches({ batchSize: 0, startStep: 0 })[Symbol.asyncIterator]().next(),
    ).rejects.toThrow(expect.objectContaining({ code: "bad-batch" }));
  });

  test("passes an error on and closes the pass when the caller leaves", async () => {
    let closed = 0;
    const pass: ActivationPass = {
      ...counting({ nRows: 100 }),
      async *chunks() {
        try {
          for (let i = 0; i < 30; i++) yield { nRows: 1, rows: [Float32Array.of(i), Float32Array.of(i, i)] };
          throw new Error("model on fire");
        } finally {
          closed++;
        }
      },
    };
    const one = { windowRows: 4, batchSize: 10 };
    await read(pass, { ...one, nSteps: 1 });
    expect(closed).toBe(2);
    await expect(read(pass, { ...one, nSteps: 9 })).rejects.toThrow("model on fire");
  });
});

suite("the windowed shuffle", () => {
  test("draws keys evenly, for neighbouring rows independently, and differently for each seed", async () => {
    const { createRowKeys } = await import("./row-keys.ts");
    const n = 100_000;
    const cells = 20;
    for (const [seed, first] of [
      [1, 0],
      [2, 0],
      [1, 2 ** 40],
    ] as const) {
      const keyOf = createRowKeys(seed, 1);
      const [single, pairs] = [new Uint32Array(cells), new Uint32Array(cells ** 2)];
      let before = 0;
      for (let i = 0; i < n; i++) {
        const cell = Math.floor((createRowKeys(seed, cells)(first + i) - first - i) % cells);
        single[cell] = (single[cell] ?? 0) + 1;
        if (i > 0) pairs[before * cells + cell] = (pairs[before * cells + cell] ?? 0) + 1;
        before = cell;
      }
      const chiSquare = (counts: Uint32Array) =>
        counts.reduce((sum, count) => sum + (count - n / counts.length) ** 2, 0) / (n / counts.length);
      // k − 1 degrees of freedom, standard deviation √(2k); five of them.
      expect(chiSquare(single)).toBeLessThan(19 + 5 * Math.sqrt(38));
      expect(chiSquare(pairs)).toBeLessThan(399 + 5 * Math.sqrt(798));
      expect(keyOf(first)).toBeGreaterThanOrEqual(first);
    }
    const [one, other] = [createRowKeys(1, 1), createRowKeys(2, 1)];
    expect(Array.from({ length: 100 }, (_, row) => Math.abs(one(row) - other(row)) > 1e-6)).not.toContain(
      false,
    );
  });

  test("moves rows evenly over the window and takes neighbours apart", async () => {
    const [nRows, windowRows] = [20_000, 500];
    const stream = await read(counting({ nRows, chunk: 1000 }), { windowRows, batchSize: nRows, nSteps: 1 });
    const placeOf = new Uint32Array(nRows);
    stream.forEach((row, place) => {
      if (place > windowRows || row < nRows - windowRows) placeOf[row] = place;
    });
    // Away from the edges a row moves by (u − 1/2) · W: uniform from −W/2 to W/2.
    const inner = Array.from({ length: nRows - 4 * windowRows }, (_, i) => i + 2 * windowRows);
    const cells = new Uint32Array(10);
    for (const row of inner) {
      const share = ((placeOf[row] ?? 0) - row) / windowRows + 0.5;
      const cell = Math.min(9, Math.max(0, Math.floor(share * 10)));
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    for (const count of cells) expect(count / (inner.length / 10)).toBeCloseTo(1, 0.5);
    // Two uniform places in a window are W / 3 apart on average.
    const apart = inner.map((row) => Math.abs((placeOf[row] ?? 0) - (placeOf[row + 1] ?? 0)));
    const mean = apart.reduce((sum, distance) => sum + distance, 0) / apart.length;
    expect(mean / (windowRows / 3)).toBeCloseTo(1, 1);
    expect(apart.filter((distance) => distance <= 2).length / apart.length).toBeLessThan(0.02);
  });
});

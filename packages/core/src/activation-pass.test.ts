import { expect, describe as suite, test } from "vitest";
import { passOf, sourceAt, takeRows } from "./activation-pass.ts";
import type { ActivationPass, ActivationSource, PassChunk } from "./activations.ts";

/** Rows 0 to 5 of width 2 in chunks of 3, 1 and 2; row i is [i, 10 i], its token 100 + i. */
const source: ActivationSource = {
  specVersion: 1,
  name: "counting",
  dIn: 2,
  nRows: 6,
  hookPoint: "here",
  async *chunks(options = {}) {
    let first = 0;
    for (const nRows of [3, 1, 2]) {
      options.signal?.throwIfAborted();
      const at = first;
      yield {
        nRows,
        rows: Float32Array.from({ length: 2 * nRows }, (_, i) => (at + (i >> 1)) * (i % 2 ? 10 : 1)),
        tokenIds: Int32Array.from({ length: nRows }, (_, i) => 100 + at + i),
      };
      first += nRows;
    }
  },
};

async function all(chunks: AsyncIterable<PassChunk>) {
  const rows: number[] = [];
  const ids: number[] = [];
  for await (const chunk of chunks) {
    expect(chunk.nRows).toBeGreaterThan(0);
    expect(chunk.rows[0]).toHaveLength(2 * chunk.nRows);
    rows.push(...(chunk.rows[0] ?? []));
    ids.push(...(chunk.tokenIds ?? []));
  }
  return { rows, ids };
}

suite("passOf()", () => {
  test("starts at any row", async () => {
    const pass = passOf(source);
    const whole = await all(pass.chunks());
    expect(whole.ids).toEqual([100, 101, 102, 103, 104, 105]);
    for (let startRow = 0; startRow <= 6; startRow++) {
      expect(await all(pass.chunks({ startRow }))).toEqual({
        rows: whole.rows.slice(2 * startRow),
        ids: whole.ids.slice(startRow),
      });
    }
  });

  test("carries what the source says of itself, and the signal", async () => {
    expect(passOf(source)).toMatchObject({
      name: "counting",
      nRows: 6,
      hooks: [{ hookPoint: "here", dIn: 2 }],
    });
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(all(passOf(source).chunks({ signal }))).rejects.toThrow("enough");
  });
});

suite("takeRows()", () => {
  test("ends after so many rows, from wherever one starts", async () => {
    const whole = await all(passOf(source).chunks());
    for (let maxRows = 1; maxRows <= 7; maxRows++) {
      const taken = takeRows(passOf(source), maxRows);
      expect(taken.nRows).toBe(Math.min(maxRows, 6));
      for (let startRow = 0; startRow <= 7; startRow++) {
        expect((await all(taken.chunks({ startRow }))).ids).toEqual(whole.ids.slice(startRow, maxRows));
      }
    }
    const counted = { ...passOf(source), countRows: async () => 6 };
    expect(await takeRows(counted, 4).countRows?.()).toBe(4);
  });
});

suite("sourceAt()", () => {
  const pass: ActivationPass = {
    specVersion: 1,
    name: "two",
    hooks: [
      { hookPoint: "a", dIn: 1 },
      { hookPoint: "b", dIn: 2 },
    ],
    async *chunks() {
      yield { nRows: 1, rows: [Float32Array.of(1), Float32Array.of(2, 3)], positions: Int32Array.of(7) };
    },
  };

  test("gives one hook point of a pass", async () => {
    const b = sourceAt(pass, "b");
    expect(b).toMatchObject({ dIn: 2, hookPoint: "b", name: "two" });
    for await (const chunk of b.chunks()) {
      expect(chunk).toEqual({ nRows: 1, rows: Float32Array.of(2, 3), positions: Int32Array.of(7) });
    }
    expect(sourceAt(passOf(source)).hookPoint).toBe("here");
  });

  test("refuses a name that is not there, and none where there are two", () => {
    expect(() => sourceAt(pass, "c")).toThrow(expect.objectContaining({ code: "unknown-hook-point" }));
    expect(() => sourceAt(pass)).toThrow(expect.objectContaining({ code: "hook-point-missing" }));
  });
});

import { expect, describe as suite, test } from "vitest";
import { createActivationMemory } from "./activation-memory.ts";

const rows = Float32Array.of(1, 2, 3, 4, 5, 6);

suite("createActivationMemory()", () => {
  test("gives its rows in order, in chunks, with token ids and positions", async () => {
    const memory = createActivationMemory({
      dIn: 2,
      rows,
      tokenIds: Int32Array.of(7, 8, 9),
      positions: Int32Array.of(0, 1, 2),
      rowsPerChunk: 2,
    });
    const chunks = [];
    for await (const chunk of memory.chunks()) chunks.push(chunk);
    expect(chunks).toEqual([
      {
        nRows: 2,
        rows: Float32Array.of(1, 2, 3, 4),
        tokenIds: Int32Array.of(7, 8),
        positions: Int32Array.of(0, 1),
      },
      { nRows: 1, rows: Float32Array.of(5, 6), tokenIds: Int32Array.of(9), positions: Int32Array.of(2) },
    ]);
  });

  test("has the statistics of its rows", () => {
    // Column means (1+3+5)/3 and (2+4+6)/3; squared norms 5, 25, 61, mean 91/3.
    expect(createActivationMemory({ dIn: 2, rows }).statistics).toEqual({
      nRows: 3,
      mean: Float32Array.of(3, 4),
      meanSquaredNorm: 91 / 3,
    });
  });

  test("reads rows in any order, repeats included", async () => {
    const out = new Float32Array(6);
    await createActivationMemory({ dIn: 2, rows }).readRows(Uint32Array.of(2, 0, 2), out);
    expect([...out]).toEqual([5, 6, 1, 2, 5, 6]);
  });

  test("refuses rows that are not there and room that does not fit", async () => {
    const memory = createActivationMemory({ dIn: 2, rows });
    await expect(memory.readRows(Uint32Array.of(3), new Float32Array(2))).rejects.toThrow(/below 3, got 3/);
    await expect(memory.readRows(Uint32Array.of(1), new Float32Array(3))).rejects.toThrow(
      /1 × 2 values, got 3/,
    );
  });

  test("names the row and column that is not finite", () => {
    const broken = Float32Array.of(0, 0, 0, Number.NaN);
    expect(() => createActivationMemory({ dIn: 2, rows: broken })).toThrow(/row 1, column 1 is NaN/);
    expect(() => createActivationMemory({ dIn: 2, rows: Float32Array.of(0, -Infinity) })).toThrow(
      /row 0, column 1 is -Infinity/,
    );
  });

  test("refuses parts that do not fit each other", () => {
    expect(() => createActivationMemory({ dIn: 4, rows })).toThrow(/1 × 4 values, got 6/);
    expect(() => createActivationMemory({ dIn: 2, rows, tokenIds: Int32Array.of(1) })).toThrow(
      /3 tokenIds, one for each row, got 1/,
    );
    expect(() => createActivationMemory({ dIn: 7, rows })).toThrow(/at least one row, got 0/);
    expect(() => createActivationMemory({ dIn: 2, rows: new Float32Array() })).toThrow(/at least one row/);
    expect(() => createActivationMemory({ dIn: 0, rows })).toThrow(
      /dIn and rowsPerChunk of at least 1, got 0/,
    );
  });

  test("stops reading when told to", async () => {
    const controller = new AbortController();
    const iterator = createActivationMemory({ dIn: 2, rows, rowsPerChunk: 1 })
      .chunks({ signal: controller.signal })
      [Symbol.asyncIterator]();
    await iterator.next();
    controller.abort();
    await expect(iterator.next()).rejects.toThrow("aborted");
  });

  test("keeps what is known of its origin", () => {
    const about = { name: "toy", hookPoint: "blocks.0.hook_resid_post", provenance: { seed: 3 } };
    expect(createActivationMemory({ dIn: 2, rows, ...about })).toMatchObject(about);
    expect(createActivationMemory({ dIn: 2, rows }).name).toBe("memory");
    expect("hookPoint" in createActivationMemory({ dIn: 2, rows })).toBe(false);
  });
});

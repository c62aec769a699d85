import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { denseFromSparse, sparseFromDense } from "./sparse-latents.ts";

suite("sparseFromDense()", () => {
  test("keeps rows in order, latents ascending, and empty rows", () => {
    // Row 0: latents 1 and 3; row 1: none; row 2: latent 0.
    const dense = Float32Array.of(0, 2, 0, -3, 0, 0, 0, 0, 1, 0, 0, 0);
    expect(sparseFromDense(dense, { nRows: 3, dSae: 4 })).toEqual({
      nRows: 3,
      dSae: 4,
      rowStarts: Uint32Array.of(0, 2, 2, 3),
      indices: Uint32Array.of(1, 3, 0),
      values: Float32Array.of(2, -3, 1),
    });
  });

  test("drops zeros of both signs and nothing else, not even subnormals", () => {
    const dense = Float32Array.of(-0, 1e-45, 0, -1e-45);
    expect([...sparseFromDense(dense, { nRows: 1, dSae: 4 }).indices]).toEqual([1, 3]);
  });

  test("refuses values that do not fill the shape", () => {
    expect(() => sparseFromDense(new Float32Array(5), { nRows: 2, dSae: 3 })).toThrow(
      expect.objectContaining({
        code: "shape-mismatch",
        message: expect.stringContaining("2 × 3 values, got 5"),
      }),
    );
  });
});

suite("denseFromSparse()", () => {
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  );
  const shape = fc.record({ nRows: fc.nat(6), dSae: fc.integer({ min: 1, max: 8 }) });
  const dense = shape.chain(({ nRows, dSae }) =>
    fc.tuple(
      fc.constant({ nRows, dSae }),
      fc.array(value, { minLength: nRows * dSae, maxLength: nRows * dSae }),
    ),
  );

  test("gives back what was compressed", () => {
    fc.assert(
      fc.property(dense, ([size, values]) => {
        // The sign of a zero is the one thing that is not kept.
        const rows = Float32Array.from(values, (x) => x + 0);
        expect(denseFromSparse(sparseFromDense(rows, size))).toEqual(rows);
      }),
    );
  });

  test("comes from latents that keep their guarantees, and compresses to the same again", () => {
    fc.assert(
      fc.property(dense, ([size, values]) => {
        const latents = sparseFromDense(Float32Array.from(values), size);
        expect(latents.rowStarts[0]).toBe(0);
        expect(latents.rowStarts.length).toBe(size.nRows + 1);
        expect(latents.rowStarts[size.nRows]).toBe(latents.values.length);
        expect(latents.values.every((x) => x !== 0 && Number.isFinite(x))).toBe(true);
        for (let row = 0; row < size.nRows; row++) {
          const indices = latents.indices.subarray(latents.rowStarts[row], latents.rowStarts[row + 1]);
          for (let j = 0; j < indices.length; j++) {
            expect(indices[j]).toBeLessThan(size.dSae);
            if (j > 0) expect(indices[j]).toBeGreaterThan(indices[j - 1] ?? 0);
          }
        }
        expect(sparseFromDense(denseFromSparse(latents), size)).toEqual(latents);
      }),
    );
  });
});

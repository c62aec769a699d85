import "@tensorflow/tfjs";
import { sparseFromDense } from "@plumbline/core";
import { setBackend, tensor2d } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { concatLatents, denseRows, rowChunks } from "./batches.ts";
import "./small-relu.test-support.ts";
import { decodeRows, encodeRows, type TensorSae } from "./tensor-inference.ts";

suite("rowChunks()", () => {
  test("covers all rows once, in order, each part dense in at most 2²⁴ floats or one row", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 2 ** 26 }), (nRows, dSae) => {
        const parts = rowChunks(nRows, dSae);
        const joins = parts.every(({ start, end }, i) => start === (parts[i - 1]?.end ?? 0) && end > start);
        const small = parts.every(({ start, end }) => end - start === 1 || (end - start) * dSae <= 2 ** 24);
        return joins && small && (parts.at(-1)?.end ?? 0) === nRows;
      }),
    );
  });
});

suite("concatLatents() and denseRows()", () => {
  test("put parts together and take them apart as the dense batch says", () => {
    const value = fc.constantFrom(0, 0, 0, 1, -2);
    const row = fc.array(value, { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), fc.nat(7), (batch, cut) => {
        const whole = Float32Array.from(batch.flat());
        const at = Math.min(cut, batch.length - 1);
        const part = (from: number, to: number) =>
          sparseFromDense(whole.slice(from * 5, to * 5), { nRows: to - from, dSae: 5 });
        const joined = concatLatents([part(0, at), part(at, batch.length)], 5);
        expect(joined).toEqual(sparseFromDense(whole, { nRows: batch.length, dSae: 5 }));
        expect(denseRows(joined, at, batch.length)).toEqual(whole.slice(at * 5));
      }),
    );
  });
});

suite("batches whose dense form is too large for one piece", () => {
  // 2²³ latents: two rows a piece, so that five rows make three of them. One latent a row fires.
  const dSae = 2 ** 23;
  const latentOf = (row: number): number => (row * 1_234_567) % dSae;
  const pieces: number[] = [];
  const sae: TensorSae = {
    dIn: 1,
    dSae,
    backendName: "cpu",
    encode: (x_BD) => {
      const rows = x_BD.dataSync();
      pieces.push(rows.length);
      const dense = new Float32Array(rows.length * dSae);
      rows.forEach((row, i) => {
        dense[i * dSae + latentOf(row)] = row + 0.5;
      });
      return tensor2d(dense, [rows.length, dSae]);
    },
    decode: (latents_BF) => {
      const [nRows] = latents_BF.shape;
      const dense = latents_BF.dataSync() as Float32Array;
      const sums = Array.from({ length: nRows }, (_, i) =>
        dense.subarray(i * dSae, (i + 1) * dSae).reduce((a, b) => a + b, 0),
      );
      return tensor2d(sums, [nRows, 1]);
    },
  };

  test("are encoded and decoded piece by piece, and joined", async () => {
    await setBackend("cpu");
    const latents = await encodeRows(sae, Float32Array.of(0, 1, 2, 3, 4));
    expect(pieces).toEqual([2, 2, 1]);
    expect([...latents.rowStarts]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...latents.indices]).toEqual([0, 1, 2, 3, 4].map(latentOf));
    expect([...latents.values]).toEqual([0.5, 1.5, 2.5, 3.5, 4.5]);
    expect([...(await decodeRows(sae, latents))]).toEqual([0.5, 1.5, 2.5, 3.5, 4.5]);
  });
});

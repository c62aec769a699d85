import { PlumblineError } from "@plumbline/core";
import { grad, sum, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { batchTopK } from "./batch-top-k.ts";

const numbersOf = (tensor: Tensor): number[] => [...tensor.dataSync()];

suite("batchTopK()", () => {
  test("keeps the largest of the whole batch, so that one token may have all and another none", () => {
    // k · B = 2 of (5, 4, 3 | 2, 1, 0).
    const x = tensor2d([
      [5, 4, 3],
      [2, 1, 0],
    ]);
    expect(numbersOf(batchTopK(x, { k: 1 }))).toEqual([5, 4, 0, 0, 0, 0]);
  });

  test("gives ties to the earlier token, then to the lower latent", () => {
    // k · B = 3 of five equal entries.
    const x = tensor2d([
      [0, 3, 3],
      [3, 3, 3],
      [0, 0, 0],
    ]);
    expect(numbersOf(batchTopK(x, { k: 1 }))).toEqual([0, 3, 3, 3, 0, 0, 0, 0, 0]);
  });

  test("turns kept negative values into zero", () => {
    expect(numbersOf(batchTopK(tensor2d([[-1, -2, 5]]), { k: 2 }))).toEqual([0, 0, 5]);
  });

  test("takes the whole part of k · B, and at least one", () => {
    const x = tensor2d([
      [4, 3],
      [2, 1],
      [6, 5],
    ]);
    // 0.9 · 3 = 2.7, so two; 0.2 · 3 = 0.6, so one.
    expect(numbersOf(batchTopK(x, { k: 0.9 }))).toEqual([0, 0, 0, 0, 6, 5]);
    expect(numbersOf(batchTopK(x, { k: 0.2 }))).toEqual([0, 0, 0, 0, 6, 0]);
  });

  test("chooses by the ranking and passes the pre-activations", () => {
    const x = tensor2d([[5, 4, 3]]);
    const ranking_BF = tensor2d([[1, 2, 3]]);
    expect(numbersOf(batchTopK(x, { k: 2, ranking_BF }))).toEqual([0, 4, 3]);
  });

  test("lets the gradient pass at kept positive entries, and none into the ranking", () => {
    const weights = tensor2d([[10, 20, 30, 40]]);
    const gradientAt = (row: number[], k: number): number[] =>
      numbersOf(
        grad((x: Tensor) => sum(batchTopK(x as Tensor2D, { k }).mul(weights)))(tensor2d([row])) as Tensor,
      );
    expect(gradientAt([4, -1, 5, 3], 2)).toEqual([10, 0, 30, 0]);
    // Kept, but negative: nothing passes.
    expect(gradientAt([4, -1, -5, -3], 2)).toEqual([10, 0, 0, 0]);
    const x = tensor2d([[5, 4, 3, 2]]);
    const intoRanking = grad((ranking: Tensor) =>
      sum(batchTopK(x, { k: 2, ranking_BF: ranking as Tensor2D }).add(ranking.mul(0))),
    );
    expect(numbersOf(intoRanking(tensor2d([[1, 2, 3, 4]])))).toEqual([0, 0, 0, 0]);
  });

  test("agrees with sorting, for any batch", () => {
    const value = fc.integer({ min: -3, max: 3 });
    const rows = fc
      .integer({ min: 1, max: 5 })
      .chain((width) =>
        fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
      );
    fc.assert(
      fc.property(rows, fc.double({ min: 0.01, max: 1, noNaN: true }), (batch, share) => {
        const k = share * (batch[0]?.length ?? 1);
        const flat = batch.flat();
        const kept = new Set(
          flat
            .map((v, i) => [v, i] as const)
            .sort((a, b) => b[0] - a[0] || a[1] - b[1])
            .slice(0, Math.max(1, Math.floor(k * batch.length)))
            .map(([, i]) => i),
        );
        const expected = flat.map((v, i) => (kept.has(i) ? Math.max(v, 0) : 0));
        expect(numbersOf(batchTopK(tensor2d(batch), { k }))).toEqual(expected);
      }),
    );
  });

  test.each([0, -1, 3, Number.NaN])("refuses k = %d of two latents, in words", (k) => {
    try {
      batchTopK(tensor2d([[1, 2]]), { k });
    } catch (error) {
      expect(PlumblineError.isInstance(error) && error.code).toBe("k-too-large");
      expect(String(error)).toContain(`expected k above 0 and at most 2 (the number of latents), got ${k}`);
      return;
    }
    throw new Error("expected an error");
  });
});

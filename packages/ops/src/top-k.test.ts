import { PlumblineError } from "@plumbline/core";
import { grad, sum, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { topK } from "./top-k.ts";

suite("topK()", () => {
  test("keeps the lower index on ties", () => {
    expect([...topK(tensor2d([[2, 3, 3, 3]]), { k: 2 }).dataSync()]).toEqual([0, 3, 3, 0]);
  });

  test("turns kept negative values into zero", () => {
    expect([...topK(tensor2d([[-1, -2, 5]]), { k: 2 }).dataSync()]).toEqual([0, 0, 5]);
  });

  test("lets the gradient pass at kept positive entries only", () => {
    const gradient = grad((x: Tensor) =>
      sum(topK(x as Tensor2D, { k: 2 }).mul(tensor2d([[10, 20, 30, 40]]))),
    );
    expect([...gradient(tensor2d([[4, -1, 5, 3]])).dataSync()]).toEqual([10, 0, 30, 0]);
    expect([...gradient(tensor2d([[4, -1, -5, -3]])).dataSync()]).toEqual([10, 0, 0, 0]);
  });

  test("agrees with sorting, for any input", () => {
    const value = fc.integer({ min: -4, max: 4 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), fc.nat(), (row, draw) => {
        const k = 1 + (draw % row.length);
        const kept = row
          .map((v, i) => [v, i] as const)
          .sort((a, b) => b[0] - a[0] || a[1] - b[1])
          .slice(0, k)
          .map(([, i]) => i);
        const expected = row.map((v, i) => (kept.includes(i) ? Math.max(v, 0) : 0));
        expect([...topK(tensor2d([row]), { k }).dataSync()]).toEqual(expected);
      }),
    );
  });

  test("refuses a k above the number of latents, in words", () => {
    const attempt = (): unknown => topK(tensor2d([[1, 2]]), { k: 3 });
    expect(attempt).toThrowError(/expected k in 1 … 2/);
    try {
      attempt();
    } catch (error) {
      expect(PlumblineError.isInstance(error) && error.code).toBe("k-too-large");
    }
  });
});

import { grad, sum, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { expectGradient, normalTensor } from "./gradient.test-support.ts";
import { rejectRows, rowDots, rowNorms, unitRows } from "./rows.ts";

suite("rowDots()", () => {
  test("has the gradients of finite differences in both arguments", () => {
    expectGradient(
      (a, b) => rowDots(a as Tensor2D, b as Tensor2D),
      [normalTensor([4, 3], 1), normalTensor([4, 3], 2)],
    );
  });
});

suite("rowNorms()", () => {
  test("is the length of each row, with the gradient of finite differences", () => {
    expect([...rowNorms(tensor2d([[3, 4]])).dataSync()]).toEqual([5]);
    // Not quadratic: a small step, and with it the rounding of float32.
    const options = { step: 0.01, tolerance: 2e-3 };
    expectGradient((rows) => rowNorms(rows as Tensor2D), [normalTensor([4, 3], 1)], options);
  });

  test("has gradient zero at a row of zeros, not NaN", () => {
    const gradient = grad((rows: Tensor) => sum(rowNorms(rows as Tensor2D)));
    expect([
      ...gradient(
        tensor2d([
          [0, 0],
          [3, 4],
        ]),
      ).dataSync(),
    ]).toEqual([0, 0, Math.fround(0.6), Math.fround(0.8)]);
  });
});

suite("unitRows()", () => {
  test("does not blow up a row whose squares underflow", () => {
    const rows = unitRows(tensor2d([[1e-25, 0]])).dataSync();
    expect(Math.hypot(...rows)).toBeLessThanOrEqual(1);
  });

  test("gives norm 1 from very small and very large rows", () => {
    for (const size of [1e-16, 1, 1e16]) {
      const rows = unitRows(tensor2d([[3 * size, 4 * size]])).dataSync();
      expect(Math.hypot(...rows)).toBeCloseTo(1, 6);
    }
  });
});

suite("rejectRows()", () => {
  test("leaves nothing along the directions", () => {
    const directions = unitRows(normalTensor([5, 4], 3) as Tensor2D);
    const rejected = rejectRows(normalTensor([5, 4], 4) as Tensor2D, directions);
    for (const dot of rowDots(rejected, directions).dataSync()) expect(Math.abs(dot)).toBeLessThan(1e-6);
  });
});

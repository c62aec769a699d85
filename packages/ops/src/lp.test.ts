import { grad, sum, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { expectGradient } from "./gradient.test-support.ts";
import { lpNorm, lpPower } from "./lp.ts";

const numbersOf = (tensor: Tensor): number[] => [...tensor.dataSync()];

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    // exp and log of float32: a few units in the last place, times the size of the exponent.
    expect(Math.abs(value / (expected[i] ?? Number.NaN) - 1), `entry ${i}: ${value}`).toBeLessThan(2e-6);
  });
}

suite("lpPower()", () => {
  test("sums powers of each token's latents", () => {
    // √4 + √9 = 5; √0.25 = 0.5.
    const latents = tensor2d([
      [4, 0, 9],
      [0, 0.25, 0],
    ]);
    expectClose(numbersOf(lpPower(latents, { p: 0.5 })), [5, 0.5]);
    expectClose(numbersOf(lpPower(latents, { p: 1 })), [13, 0.25]);
  });

  test("has the slope p · latents^(p − 1), and 0 at silent latents", () => {
    const slope = grad((latents: Tensor) => sum(lpPower(latents as Tensor2D, { p: 0.5 })));
    const [a, b, c] = numbersOf(slope(tensor2d([[4, 0, 0.25]])));
    // 0.5 / √4 and 0.5 / √0.25.
    expectClose([a ?? 0, c ?? 0], [0.25, 1]);
    expect(b).toBe(0);
  });
});

suite("lpNorm()", () => {
  test("is the p-norm of each token's latents", () => {
    // (√4 + √9)² = 25; with p = 1 the sum.
    expectClose(numbersOf(lpNorm(tensor2d([[4, 0, 9]]), { p: 0.5 })), [25]);
    expectClose(numbersOf(lpNorm(tensor2d([[4, 0, 9]]), { p: 1 })), [13]);
  });

  test("has the slope (norm / latent)^(1 − p), and 0 at silent latents", () => {
    const slope = grad((latents: Tensor) => sum(lpNorm(latents as Tensor2D, { p: 0.5 })));
    const [a, b, c] = numbersOf(slope(tensor2d([[4, 0, 9]])));
    // √(25 / 4) and √(25 / 9).
    expectClose([a ?? 0, c ?? 0], [2.5, 5 / 3]);
    expect(b).toBe(0);
  });
});

for (const [name, operation] of Object.entries({ lpPower, lpNorm })) {
  suite(`${name}(), both`, () => {
    test("has the gradient of finite differences away from zero", () => {
      const latents = tensor2d([
        [0.6, 1.4, 2.2],
        [1.8, 0.9, 0.7],
      ]);
      for (const p of [0.3, 0.7, 1]) {
        // Slopes change by some 1 % over the step, their central difference by its square.
        expectGradient((l) => operation(l as Tensor2D, { p }), [latents], { step: 0.01, tolerance: 2e-3 });
      }
    });

    test("gives 0 and not NaN for a token without a firing latent, in value and gradient", () => {
      for (const p of [0.1, 0.5, 1]) {
        const latents = tensor2d([
          [0, 0],
          [0, 3],
        ]);
        expect(numbersOf(operation(latents, { p }))[0]).toBe(0);
        const gradient = numbersOf(
          grad((l: Tensor) => sum(operation(l as Tensor2D, { p })))(latents) as Tensor,
        );
        expect(gradient.slice(0, 3).map(Math.abs)).toEqual([0, 0, 0]);
        expect(gradient[3]).toBeGreaterThan(0);
      }
    });

    test("stays finite for the smallest positive latents", () => {
      const latents = tensor2d([[1e-45, 1e-38, 1e-20]]);
      for (const p of [0.1, 0.5]) {
        const gradient = grad((l: Tensor) => sum(operation(l as Tensor2D, { p })))(latents);
        for (const value of [...numbersOf(operation(latents, { p })), ...numbersOf(gradient)]) {
          expect(Number.isFinite(value)).toBe(true);
        }
      }
    });
  });
}

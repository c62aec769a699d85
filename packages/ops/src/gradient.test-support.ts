import { createRandom, fillNormal } from "@plumbline/core";
import { grads, mul, sum, type Tensor, tensor } from "@tensorflow/tfjs";
import { expect } from "vitest";

/** A random tensor with normal entries, the same for the same seed. */
export function normalTensor(shape: number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(fillNormal(new Float32Array(size), createRandom(seed)), shape);
}

/**
 * Compares the gradient of `⟨operation(inputs), weights⟩`, random weights, with central differences in every coordinate.
 *
 * @param options.step half-width of the difference; for operations that are at most quadratic in each coordinate any step
 *   is exact up to rounding, so it can be large
 */
export function expectGradient(
  operation: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: { step?: number; tolerance?: number } = {},
): void {
  const { step = 0.25, tolerance = 2e-4 } = options;
  const shape = operation(...inputs).shape;
  const weights = normalTensor(shape, 99);
  const value = (...at: Tensor[]): Tensor => sum(mul(operation(...at), weights));
  const computed = grads(value)([...inputs]);
  inputs.forEach((input, which) => {
    const data = input.dataSync();
    const gradient = computed[which]?.dataSync() ?? new Float32Array();
    for (let i = 0; i < data.length; i++) {
      const at = (delta: number): number => {
        const moved = Float32Array.from(data);
        moved[i] = (data[i] ?? 0) + delta;
        const changed = inputs.map((other, j) => (j === which ? tensor(moved, input.shape) : other));
        return value(...changed).dataSync()[0] ?? Number.NaN;
      };
      const difference = (at(step) - at(-step)) / (2 * step);
      expect(Math.abs((gradient[i] ?? Number.NaN) - difference), `input ${which}, entry ${i}`).toBeLessThan(
        tolerance * (1 + Math.abs(difference)),
      );
    }
  });
}

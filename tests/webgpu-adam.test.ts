import { hasFused, runFused } from "@plumbline/ops";
import { expectCloseNumbers } from "@plumbline/testing";
import { setBackend, tensor1d, tensor2d } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { numbersOf, onBackends } from "./on-backends.support.ts";

const [beta1, beta2, epsilon, spread, stepSize] = [0.9, 0.99, 1e-3, 0.4, 0.05];
const attrs = { beta1, beta2, epsilon, spread, stepSize };
/** More than one workgroup of 128, and no multiple of it. */
const size = 300;
const numbers = (seed: number): number[] => Array.from({ length: size }, (_, i) => Math.sin(seed + i * i));
const [parameter, gradient, mean] = [numbers(1), numbers(2), numbers(3)];
const variance = numbers(4).map((value) => value * value);

onBackends(["plumbline-native", "webgpu"], "Adam as one kernel on", (backend) => {
  test("is torch's, for vectors and matrices", async () => {
    await setBackend(backend);
    expect(hasFused("adam")).toBe(true);
    const at = (list: readonly number[], i: number): number => list[i] ?? Number.NaN;
    const nextMean = mean.map((m, i) => beta1 * m + (1 - beta1) * at(gradient, i));
    const nextVariance = variance.map((v, i) => beta2 * v + (1 - beta2) * at(gradient, i) ** 2);
    const expected = [
      parameter.map(
        (p, i) => p - (stepSize * at(nextMean, i)) / (Math.sqrt(at(nextVariance, i)) / spread + epsilon),
      ),
      nextMean,
      nextVariance,
    ];
    for (const make of [(list: number[]) => tensor1d(list), (list: number[]) => tensor2d(list, [20, 15])]) {
      const made = await numbersOf(() => {
        const inputs = {
          parameter: make(parameter),
          gradient: make(gradient),
          mean: make(mean),
          variance: make(variance),
        };
        return [...(runFused("adam", inputs, attrs) ?? [])];
      });
      expect(made).toHaveLength(3);
      made.forEach((found, i) => {
        expectCloseNumbers(found, expected[i] ?? [], { what: `result ${i}`, tolerance: 1e-6 });
      });
    }
  });
});

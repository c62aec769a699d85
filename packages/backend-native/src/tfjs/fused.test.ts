import { hasFused, runFused } from "@plumbline/ops";
import {
  matMul,
  oneHot,
  setBackend,
  sum,
  type Tensor,
  type Tensor1D,
  tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { floats, nativeSuite, on } from "./beside-cpu.test-support.ts";
import { tfjsName } from "./register.ts";

const sizes = fc.record({
  nTokens: fc.integer({ min: 1, max: 30 }),
  k: fc.integer({ min: 1, max: 9 }),
  dSae: fc.integer({ min: 9, max: 60 }),
  dIn: fc.integer({ min: 1, max: 70 }),
  seed: fc.nat(1e6),
});
type Sizes = typeof sizes extends fc.Arbitrary<infer S> ? S : never;

/** Indices that are distinct within a row, and that many rows share. */
function indices({ nTokens, k, dSae, seed }: Sizes): Tensor {
  const which = Array.from({ length: nTokens * k }, (_, i) => {
    const [token, j] = [Math.floor(i / k), i % k];
    return (token * 5 + seed + j * Math.floor(dSae / k)) % dSae;
  });
  return tensor(which, [nTokens, k], "int32");
}

/** Latents as the dense matrix that they stand for. */
const dense = (values: Tensor, which: Tensor, dSae: number): Tensor =>
  sum(oneHot(which, dSae, 1, 0, "float32").mul(values.expandDims(2)), 1);

function expectClose(work: (s: Sizes) => readonly [Tensor, Tensor], s: Sizes): void {
  const [got, expected] = on(tfjsName, () => work(s));
  expect(got?.shape).toEqual(expected?.shape);
  got?.data.forEach((value, i) => {
    // Sums of at most 270 products of order one.
    expect(Math.abs(value - (expected?.data[i] ?? Number.NaN))).toBeLessThan(1e-4);
  });
}

const only = (made: readonly Tensor[] | undefined): Tensor => made?.[0] ?? tensor([]);
const settings = { seed: 1, numRuns: 60 };

nativeSuite("our own kernels", () => {
  test("are there on the native backend and nowhere else", async () => {
    await setBackend("cpu");
    expect(hasFused("adam")).toBe(false);
    expect(runFused("dotRows", {})).toBeUndefined();
    await setBackend(tfjsName);
    expect(hasFused("adam")).toBe(true);
  });

  test("combineRows is the product of dense latents with all rows", () => {
    fc.assert(
      fc.property(sizes, (s) =>
        expectClose(({ nTokens, k, dSae, dIn, seed }) => {
          const [values, rows, bias] = [
            floats([nTokens, k], seed),
            floats([dSae, dIn], seed + 1),
            floats([dIn], seed + 2),
          ];
          const made = runFused("combineRows", { values, indices: indices(s), rows, bias });
          return [only(made), matMul(dense(values, indices(s), dSae), rows).add(bias as Tensor1D)];
        }, s),
      ),
      settings,
    );
  });

  test("dotRows is what the dense product has at the chosen places", () => {
    fc.assert(
      fc.property(sizes, (s) =>
        expectClose(({ nTokens, dSae, dIn, seed }) => {
          const [rows, y] = [floats([dSae, dIn], seed), floats([nTokens, dIn], seed + 1)];
          const made = runFused("dotRows", { indices: indices(s), rows, y });
          const chosen = oneHot(indices(s), dSae, 1, 0, "float32").mul(
            matMul(y, rows, false, true).expandDims(1),
          );
          return [only(made), sum(chosen, 2)];
        }, s),
      ),
      settings,
    );
  });

  test("accumulateRows is the product of transposed dense latents with y", () => {
    const check = (s: Sizes): void =>
      expectClose(({ nTokens, k, dSae, dIn, seed }) => {
        const [values, y] = [floats([nTokens, k], seed), floats([nTokens, dIn], seed + 1)];
        const made = runFused("accumulateRows", { values, indices: indices(s), y }, { size: dSae });
        return [only(made), matMul(dense(values, indices(s), dSae), y, true, false)];
      }, s);
    fc.assert(fc.property(sizes, check), settings);
    check({ nTokens: 200, k: 8, dSae: 50, dIn: 33, seed: 1 });
  });

  test("refuse an index outside, and shapes that do not fit", async () => {
    await setBackend(tfjsName);
    tidy(() => {
      const [rows, y] = [floats([4, 3], 1), floats([2, 3], 2)];
      const run = (which: number[]) =>
        runFused("dotRows", { indices: tensor(which, [2, 1], "int32"), rows, y });
      expect(run([0, 3])).toHaveLength(1);
      expect(() => run([0, 4])).toThrow("an index is outside");
      expect(() => run([-1, 0])).toThrow("an index is outside");
      const values = floats([2, 1], 3);
      const bias = floats([2], 4);
      const inputs = { values, indices: tensor([0, 1], [2, 1], "int32"), rows, bias };
      expect(() => runFused("combineRows", inputs)).toThrow("shapes do not fit");
    });
  });

  test("adam is torch's formula, for any length, and leaves its inputs alone", () => {
    for (const n of [1, 15, 16, 1000, 33_001]) {
      const constants = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, spread: 0.3, stepSize: 0.01 };
      const data = [1, 2, 3, 4].map((seed) => floats([n], seed).dataSync().slice());
      const [p = [], g = [], m = [], v = []] = data;
      const inputs = () => {
        const [parameter, gradient, mean, variance] = data.map((of) => tensor(of.slice())) as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        return { parameter, gradient, mean, variance: variance.abs() };
      };
      const [next, nextMean, nextVariance, before] = on(tfjsName, () => {
        const at = inputs();
        return [...(runFused("adam", at, constants) ?? []), at.parameter];
      });
      expect(before?.data).toEqual(Array.from(p));
      for (let i = 0; i < n; i += Math.ceil(n / 50)) {
        const mean = 0.9 * (m[i] ?? 0) + 0.1 * (g[i] ?? 0);
        const variance = 0.99 * Math.abs(v[i] ?? 0) + 0.01 * (g[i] ?? 0) ** 2;
        expect(nextMean?.data[i]).toBeCloseTo(mean, 6);
        expect(nextVariance?.data[i]).toBeCloseTo(variance, 6);
        const moved = (p[i] ?? 0) - (0.01 * mean) / (Math.sqrt(variance) / 0.3 + 1e-8);
        expect(next?.data[i]).toBeCloseTo(moved, 6);
      }
    }
  });
});

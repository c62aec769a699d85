import { fused, matMul, type Tensor, type Tensor1D, type Tensor2D, tensor } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { expectAsOnCpu, floats, nativeSuite, numbers, on } from "./beside-cpu.test-support.ts";
import { tfjsName } from "./register.ts";

const matrix = (rows: number, columns: number, turned: boolean): number[] =>
  turned ? [columns, rows] : [rows, columns];

/** Sums of k products of order one, in another order than tfjs's. */
const toleranceOf = (k: number): number => 3e-6 * Math.sqrt(k);

interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

function expectProducts({ m, n, k }: Sizes, seed: number): void {
  const flags = [false, true].flatMap((ta) => [false, true].map((tb) => [ta, tb] as const));
  // tfjs takes seconds for long vectors.
  const some = m * n * k > 2 ** 21 ? flags.filter(([ta, tb]) => ta === tb) : flags;
  for (const [ta, tb] of some) {
    expectAsOnCpu(
      () => [matMul(floats(matrix(m, k, ta), seed), floats(matrix(k, n, tb), seed + 1), ta, tb)],
      toleranceOf(k),
    );
  }
}

nativeSuite("matMul equals that of tfjs, transposed or not", () => {
  test("in small sizes", () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70 }));
    fc.assert(
      fc.property(size, size, size, fc.nat(1000), (m, n, k, seed) => expectProducts({ m, n, k }, seed)),
      { seed: 1, numRuns: 60 },
    );
  });

  // Above 2²¹ multiplications a product is spread over threads; borders of blocks are at 96 rows, 768 columns, a depth of 256.
  for (const sizes of [
    { m: 97, n: 769, k: 257 },
    { m: 300, n: 65, k: 300 },
    { m: 1, n: 2100, k: 1000 },
    { m: 2100, n: 1, k: 1000 },
    { m: 1, n: 1, k: 1000 },
    { m: 6, n: 64, k: 256 },
    { m: 7, n: 1500, k: 16 },
  ]) {
    test(`${sizes.m} × ${sizes.k} times ${sizes.k} × ${sizes.n}`, () => expectProducts(sizes, 3));
  }

  test("in batches", () => {
    for (const [a, b] of [
      [[3], [3]],
      [
        [2, 3],
        [2, 3],
      ],
      [[1], [4]],
      [[4], [1]],
      [[2, 2], []],
    ] as readonly (readonly [number[], number[]])[]) {
      for (const ta of [false, true]) {
        expectAsOnCpu(
          () => [matMul(floats([...a, ...matrix(5, 7, ta)], 1), floats([...b, 7, 9], 2), ta, false)],
          toleranceOf(7),
        );
      }
    }
    expectAsOnCpu(() => [matMul(floats([40, 1, 8], 1), floats([40, 8, 33], 2))], toleranceOf(8));
    expectAsOnCpu(() => [matMul(floats([2, 130, 140], 1), floats([2, 140, 150], 2))], toleranceOf(140));
  });

  test("in batches that broadcast against each other, which the cpu backend gets wrong", () => {
    const [a, b] = [numbers([2, 1, 2, 3], 1), numbers([1, 3, 3, 2], 2)];
    const [product] = on(tfjsName, () => [matMul(tensor(a, [2, 1, 2, 3]), tensor(b, [1, 3, 3, 2]))]);
    expect(product?.shape).toEqual([2, 3, 2, 2]);
    const expected = (at: number): number => {
      const [i, j, row, column] = [
        Math.floor(at / 12),
        Math.floor(at / 4) % 3,
        Math.floor(at / 2) % 2,
        at % 2,
      ];
      const terms = [0, 1, 2].map((k) => (a[i * 6 + row * 3 + k] ?? 0) * (b[j * 6 + k * 2 + column] ?? 0));
      return terms.reduce((sum, term) => sum + term, 0);
    };
    product?.data.forEach((value, at) => {
      expect(value).toBeCloseTo(expected(at), 5);
    });
  });

  test("without a single entry to sum", () => {
    expectAsOnCpu(() => [matMul(floats([3, 0], 1), floats([0, 2], 2))], 0);
  });
});

nativeSuite("fused.matMul equals that of tfjs", () => {
  for (const activation of ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const) {
    test(`with bias and ${activation}`, () => {
      const product = (withBias: boolean): Tensor =>
        fused.matMul({
          a: floats([9, 11], 1) as Tensor2D,
          b: floats([13, 11], 2) as Tensor2D,
          transposeA: false,
          transposeB: true,
          activation,
          leakyreluAlpha: 0.3,
          ...(withBias ? { bias: floats([13], 3) as Tensor1D } : {}),
          ...(activation === "prelu" ? { preluActivationWeights: floats([13], 4) } : {}),
        });
      expectAsOnCpu(() => [product(true), product(false)], toleranceOf(11));
    });
  }
});

import {
  gather,
  gatherND,
  grad,
  max,
  mean,
  min,
  pad,
  reshape,
  scatterND,
  slice,
  sum,
  type Tensor,
  type Tensor1D,
  tensor,
  topk,
  transpose,
  unsortedSegmentSum,
} from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { expectAsOnCpu, floats, nativeSuite, on } from "./beside-cpu.test-support.ts";
import { tfjsName } from "./register.ts";

const seed = fc.integer({ min: 1, max: 1e6 });
const shape = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 });
const settings = { seed: 1, numRuns: 80 };
const ints = (values: readonly number[], of: number[]): Tensor => tensor([...values], of, "int32");
/** `n` indices below `size`, spread and with repetitions. */
const indices = (n: number, size: number, at: number): number[] =>
  Array.from({ length: n }, (_, i) => (i * 7919 + at * 31 + Math.floor(i / 5)) % size);

nativeSuite("reductions equal those of tfjs", () => {
  for (const [name, op] of Object.entries({ sum, mean, max, min })) {
    // tfjs sums in float64 and rounds once; native sums agree to that but for a few units in the last place.
    const tolerance = name === "sum" || name === "mean" ? 1e-6 : 0;
    test(`${name} over any axes`, () => {
      fc.assert(
        fc.property(shape, fc.nat(15), fc.boolean(), seed, (dims, which, keepDims, at) => {
          const axes = dims.flatMap((_, d) => ((which >> d) & 1 ? [d] : []));
          expectAsOnCpu(
            () => [op(floats(dims, at), axes.length > 0 ? axes : undefined, keepDims)],
            tolerance,
          );
        }),
        settings,
      );
    });

    test(`${name} of tensors that are cut into pieces`, () => {
      for (const [dims, axis] of [
        [[70_003], 0],
        [[3, 33_001], 1],
        [[101, 1031], 0],
        [[101, 1031], 1],
        [[15_000, 3], 0],
        [[30, 20, 60], 1],
      ] as const) {
        expectAsOnCpu(() => [op(floats([...dims], 2), axis)], tolerance * 10);
      }
    });
  }

  test("max and min are NaN where an entry is", () => {
    expectAsOnCpu(() => {
      const x = floats([20, 37], 3, { borders: true });
      return [max(x, 0), max(x, 1), min(x, 0), min(x, 1), max(x), min(x)];
    }, 0);
  });
});

nativeSuite("topk takes the largest, ties to the lower index", () => {
  test("of rows of any length, as tfjs", () => {
    const sizes = fc.record({ rows: fc.integer({ min: 1, max: 5 }), n: fc.integer({ min: 1, max: 900 }) });
    fc.assert(
      fc.property(sizes, fc.nat(), fc.boolean(), seed, ({ rows, n }, draw, ties, at) => {
        // Few of many take one way, many of few another.
        const k = 1 + (draw % (draw % 2 === 0 ? n : Math.min(n, 20)));
        expectAsOnCpu(() => {
          const { values, indices: which } = topk(floats([rows, n], at, { ties }), k);
          return [values, which];
        }, 0);
      }),
      settings,
    );
  });

  test("of rows that all threads search together", () => {
    for (const [n, k] of [
      [300_000, 20],
      [300_000, 5000],
    ] as const) {
      for (const ties of [false, true]) {
        expectAsOnCpu(() => {
          const { values, indices: which } = topk(floats([1, n], 7, { ties }), k);
          return [values, which];
        }, 0);
      }
    }
  });

  test("where all are equal, where most are infinite, and NaN comes last", () => {
    for (const fill of [0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 3]) {
      const same = tensor(new Float32Array(5000).fill(fill), [1, 5000]);
      const [first] = on(tfjsName, () => [topk(same, 40).indices]);
      expect(first?.data).toEqual(Array.from({ length: 40 }, (_, i) => i));
    }
    const [values, which] = on(tfjsName, () => {
      const all = topk(tensor([Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NaN, -0, 0], [1, 6]), 5);
      return [all.values, all.indices];
    });
    expect(which?.data).toEqual([2, 1, 4, 5, 0]);
    expect(values?.data[4]).toBeNaN();
  });
});

nativeSuite("gather and scatter equal those of tfjs", () => {
  const sizes = fc.record({
    size: fc.integer({ min: 1, max: 12 }),
    n: fc.integer({ min: 1, max: 30 }),
    width: fc.integer({ min: 1, max: 40 }),
  });

  test("gather along any axis, and its gradient", () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom(0, 1, 2, -1), seed, ({ size, n, width }, axis, at) => {
        const dims = [3, 4, width];
        dims[axis === -1 ? 2 : axis] = size;
        expectAsOnCpu(() => {
          const which = ints(indices(n, size, at), [n]) as Tensor1D;
          const x = floats(dims, at);
          return [gather(x, which, axis), grad((of: Tensor) => gather(of, which, axis).square().sum())(x)];
        }, 1e-6);
      }),
      settings,
    );
  });

  test("gatherND of rows and of entries", () => {
    fc.assert(
      fc.property(sizes, seed, ({ size, n, width }, at) => {
        const flat = indices(n, size, at);
        const pairs = flat.flatMap((i) => [i, (i * 5 + at) % width]);
        expectAsOnCpu(() => {
          const x = floats([size, width], at);
          return [gatherND(x, ints(flat, [n, 1])), gatherND(x, ints(pairs, [n, 2]))];
        }, 0);
      }),
      settings,
    );
  });

  test("scatterND sums what falls on one place, in order, exactly", () => {
    fc.assert(
      fc.property(sizes, seed, ({ size, n, width }, at) => {
        const flat = indices(n, size, at);
        const pairs = flat.flatMap((i) => [i, (i * 5 + at) % width]);
        expectAsOnCpu(
          () => [
            scatterND(ints(flat, [n, 1]), floats([n, width], at), [size, width]),
            scatterND(ints(flat, [n, 1]), floats([n], at), [size]),
            scatterND(ints(pairs, [n, 2]), floats([n], at), [size, width]),
          ],
          0,
        );
      }),
      settings,
    );
    const many = indices(3000, 50, 1);
    expectAsOnCpu(() => [scatterND(ints(many, [3000, 1]), floats([3000, 37], 1), [50, 37])], 0);
  });

  test("unsortedSegmentSum leaves out ids outside", () => {
    for (const [n, width] of [
      [40, 3],
      [900, 35],
    ] as const) {
      const ids = indices(n, 9, 2).map((id) => id - 1);
      expectAsOnCpu(() => [unsortedSegmentSum(floats([n, width], 1), ints(ids, [n]) as Tensor1D, 7)], 1e-5);
    }
  });

  test("say what tfjs says of an index outside", () => {
    const x = () => floats([3, 2], 1);
    expect(() => on(tfjsName, () => [gatherND(x(), ints([3], [1, 1]))])).toThrow("does not index into");
    expect(() => on(tfjsName, () => [gather(x(), ints([-1], [1]) as Tensor1D)])).toThrow("is not in [0, 2]");
    expect(() => on(tfjsName, () => [scatterND(ints([9], [1, 1]), floats([1, 2], 1), [3, 2])])).toThrow(
      "does not index into",
    );
  });
});

nativeSuite("layouts equal those of tfjs", () => {
  test("transpose in any order of axes", () => {
    const turned = shape.chain((dims) =>
      fc.tuple(
        fc.constant(dims),
        fc.shuffledSubarray(
          dims.map((_, d) => d),
          { minLength: dims.length },
        ),
      ),
    );
    fc.assert(
      fc.property(turned, seed, ([dims, perm], at) =>
        expectAsOnCpu(() => [transpose(floats(dims, at), perm)], 0),
      ),
      { ...settings, numRuns: 150 },
    );
    for (const dims of [
      [301, 117],
      [1, 900],
      [64, 512],
    ]) {
      expectAsOnCpu(() => [transpose(floats(dims, 1)), transpose(floats([3, ...dims], 1), [0, 2, 1])], 0);
    }
  });

  test("slice, and its gradient, which pads", () => {
    const parts = shape.chain((dims) =>
      fc.tuple(
        fc.constant(dims),
        fc.tuple(
          ...dims.map((size) =>
            fc
              .nat(size - 1)
              .chain((begin) => fc.tuple(fc.constant(begin), fc.integer({ min: 1, max: size - begin }))),
          ),
        ),
      ),
    );
    fc.assert(
      fc.property(parts, seed, ([dims, ranges], at) => {
        const [begin, size] = [ranges.map(([from]) => from), ranges.map(([, n]) => n)];
        expectAsOnCpu(() => {
          const x = floats(dims, at);
          const part = (of: Tensor): Tensor => slice(of, begin, size);
          return [part(x), grad((of: Tensor) => part(of).square().sum())(x)];
        }, 0);
      }),
      settings,
    );
  });

  test("pad with a constant", () => {
    expectAsOnCpu(
      () => [
        pad(
          floats([3, 4], 1),
          [
            [1, 2],
            [0, 3],
          ],
          5,
        ),
        pad(floats([7], 1), [[2, 0]]),
        pad(reshape(floats([12], 1), [2, 3, 2]), [
          [0, 1],
          [2, 0],
          [1, 1],
        ]),
      ],
      0,
    );
  });
});

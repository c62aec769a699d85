import {
  abs,
  add,
  addN,
  broadcastTo,
  cast,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  relu,
  rsqrt,
  sigmoid,
  sqrt,
  square,
  squaredDifference,
  step,
  sub,
  type Tensor,
  tanh,
  tensor,
  tile,
  where,
} from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { test } from "vitest";
import { expectAsOnCpu, floats, nativeSuite } from "./beside-cpu.test-support.ts";

const seed = fc.integer({ min: 1, max: 1e6 });
/** Two shapes that broadcast to one, of up to four dimensions. */
const shapes = fc
  .array(
    fc.record({
      size: fc.integer({ min: 1, max: 9 }),
      repeats: fc.constantFrom("neither", "neither", "a", "b"),
    }),
    { minLength: 0, maxLength: 4 },
  )
  .chain((dims) =>
    fc.record({
      a: fc.constant(dims.map(({ size, repeats }) => (repeats === "a" ? 1 : size))),
      b: fc
        .nat(dims.length)
        .map((cut) => dims.slice(cut).map(({ size, repeats }) => (repeats === "b" ? 1 : size))),
    }),
  );
/** Long enough for several threads. */
const long: readonly { a: number[]; b: number[] }[] = [
  { a: [33_001], b: [33_001] },
  { a: [33_001], b: [] },
  { a: [2, 33_000], b: [33_000] },
  { a: [12_000, 3], b: [12_000, 1] },
  { a: [1, 201], b: [207, 1] },
  { a: [17, 33, 1], b: [17, 1, 70] },
];

/** Every shape, in both orders. */
function forShapes(check: (a: readonly number[], b: readonly number[], seed: number) => void): void {
  fc.assert(
    fc.property(shapes, seed, fc.boolean(), ({ a, b }, at, turned) =>
      turned ? check(b, a, at) : check(a, b, at),
    ),
    { seed: 1, numRuns: 40 },
  );
  for (const { a, b } of long) check(a, b, 5);
}

nativeSuite("element-wise kernels of two tensors equal those of tfjs", () => {
  const exact = {
    add,
    sub,
    mul,
    div,
    maximum,
    minimum,
    greater,
    greaterEqual,
    less,
    lessEqual,
    equal,
    notEqual,
  };
  for (const [name, op] of Object.entries(exact)) {
    test(`${name}, exactly, with infinities and NaN`, () => {
      forShapes((a, b, at) => {
        const options = { borders: true, ties: at % 2 === 0 };
        expectAsOnCpu(() => [op(floats(a, at, options), floats(b, at + 1, options))], 0);
      });
    });
  }

  test("squaredDifference, which tfjs rounds once less", () => {
    forShapes((a, b, at) => expectAsOnCpu(() => [squaredDifference(floats(a, at), floats(b, at + 1))], 3e-7));
  });

  test("leaves tensors of other types to tfjs", () => {
    const ints = (): Tensor => tensor([1, 2, 3, 4], [2, 2], "int32");
    expectAsOnCpu(() => [add(ints(), ints()), mul(ints(), tensor([3], [1], "int32")), less(ints(), 2)], 0);
    expectAsOnCpu(() => [add(ints(), floats([2, 1], 1))], 0);
  });

  test("addN of one to five", () => {
    for (const n of [1, 2, 5]) {
      expectAsOnCpu(() => [addN(Array.from({ length: n }, (_, i) => floats([7, 9], i + 1)))], 1e-6);
    }
  });

  test("tensors without entries", () => {
    expectAsOnCpu(
      () => [add(floats([0, 3], 1), floats([3], 2)), relu(floats([0], 1)), abs(floats([2, 0], 1))],
      0,
    );
  });
});

nativeSuite("element-wise kernels of one tensor equal those of tfjs", () => {
  const sizes = [1, 3, 16, 17, 1000, 33_001];
  const exact = { relu, square, sqrt, neg, abs, step, stepDown: (x: Tensor) => step(x, -0.5) };
  for (const [name, op] of Object.entries(exact)) {
    test(`${name}, exactly, with infinities and NaN`, () => {
      for (const size of sizes) expectAsOnCpu(() => [op(floats([size], size, { borders: true }))], 0);
    });
  }

  const close = { exp, log, tanh, sigmoid, rsqrt };
  for (const [name, op] of Object.entries(close)) {
    test(`${name}, to some rounding, with infinities and NaN`, () => {
      for (const size of sizes) {
        for (const scale of [1, 0.1, 40]) {
          // Two or three units in the last place; tfjs computes in float64.
          expectAsOnCpu(() => [op(mul(floats([size], size, { borders: true }), scale))], 5e-7);
        }
      }
    });
  }

  test("exp up to where it ends on both sides", () => {
    const x = Float32Array.from({ length: 4001 }, (_, i) => -110 + i * 0.05);
    expectAsOnCpu(() => [exp(tensor(x))], 5e-7);
  });
});

nativeSuite("select, cast and tile equal those of tfjs", () => {
  test("where, with whole conditions, rows and broadcasting", () => {
    for (const shape of [[5], [3, 4], [100, 301]]) {
      expectAsOnCpu(() => [where(greater(floats(shape, 1), 0), floats(shape, 2), floats(shape, 3))], 0);
    }
    expectAsOnCpu(() => [where(greater(floats([6, 1], 1), 0), floats([6, 5], 2), floats([1, 5], 3))], 0);
  });

  test("cast between float32, bool and int32", () => {
    const bits = (): Tensor => greater(floats([33_001], 1), 0);
    const ints = (): Tensor => tensor(Int32Array.of(-3, 0, 2 ** 24 - 1, 7), [2, 2], "int32");
    expectAsOnCpu(
      () => [
        cast(bits(), "float32"),
        add(cast(bits(), "float32"), 1),
        cast(ints(), "float32"),
        cast(floats([33_001], 1, { ties: true }), "bool"),
        cast(floats([9], 1), "int32"),
        cast(floats([9], 1), "float32"),
        cast(bits(), "int32"),
      ],
      0,
    );
  });

  test("tile and broadcastTo", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 })), {
          minLength: 1,
          maxLength: 4,
        }),
        seed,
        (dims, at) => {
          const [shape, reps] = [dims.map(([size]) => size), dims.map(([, rep]) => rep)];
          expectAsOnCpu(() => [tile(floats(shape, at, { borders: true }), reps)], 0);
        },
      ),
      { seed: 1, numRuns: 60 },
    );
    expectAsOnCpu(
      () => [broadcastTo(floats([1, 301], 1), [110, 301]), broadcastTo(floats([110, 1], 1), [110, 301])],
      0,
    );
  });
});

nativeSuite("inputs of native kernels", () => {
  test("stay as they are, aliases included", () => {
    expectAsOnCpu(() => {
      const x = floats([6, 4], 1);
      const same = x.reshape([4, 6]);
      const turned = x.reshape([1, 24]).transpose();
      const made = [relu(x), neg(x), add(x, x), mul(same, same), add(turned, 1)];
      return [...made, x, same, turned];
    }, 0);
  });
});

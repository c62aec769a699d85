import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { constant } from "./constant.ts";
import type { Curve } from "./curve.ts";
import { join } from "./join.ts";

/** Tells what a part sees: part, its local step, its length. */
const tell =
  (part: number): Curve =>
  ({ step, nSteps }) =>
    part * 10_000 + nSteps * 100 + step;

const valuesOf = (curve: Curve, nSteps: number): number[] =>
  Array.from({ length: nSteps }, (_, step) => curve({ step, nSteps }));

suite("join()", () => {
  test("shows each part its own progress", () => {
    // 7 steps: 2, then the rest (7 − 2 − 3 = 2), then round(.4 · 7) = 3.
    const curve = join([
      { nSteps: 2, curve: tell(1) },
      { curve: tell(2) },
      { fraction: 0.4, curve: tell(3) },
    ]);
    expect(valuesOf(curve, 7)).toEqual([10_200, 10_201, 20_200, 20_201, 30_300, 30_301, 30_302]);
  });

  test("joins joins", () => {
    const inner = join([{ fraction: 0.5, curve: tell(1) }, { curve: tell(2) }]);
    const curve = join([{ nSteps: 1, curve: tell(3) }, { curve: inner }]);
    expect(valuesOf(curve, 5)).toEqual([30_100, 10_200, 10_201, 20_200, 20_201]);
  });

  test("rounds fractions where they end, so that they always fill the run", () => {
    // Halves of 5: ends at round(2.5) = 3 and 5.
    const halves = join([
      { fraction: 0.5, curve: tell(1) },
      { fraction: 0.5, curve: tell(2) },
    ]);
    expect(valuesOf(halves, 5)).toEqual([10_300, 10_301, 10_302, 20_200, 20_201]);
    const weights = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 99 }), (parts, nSteps) => {
        const total = parts.reduce((sum, part) => sum + part, 0);
        fc.pre(total > 0);
        const curve = join(parts.map((part, i) => ({ fraction: part / total, curve: tell(i) })));
        const got = valuesOf(curve, nSteps);
        // Parts come in order, each from its local step 0 to its length − 1.
        for (let step = 0; step < nSteps; ) {
          const length = Math.floor(((got[step] ?? 0) % 10_000) / 100);
          const part = Math.floor((got[step] ?? 0) / 10_000);
          expect(got.slice(step, step + length)).toEqual(
            Array.from({ length }, (_, local) => part * 10_000 + length * 100 + local),
          );
          expect(Math.abs(length - ((parts[part] ?? 0) / total) * nSteps)).toBeLessThan(1 + 1e-9);
          step += length;
        }
      }),
    );
  });

  test("never asks a part of no steps", () => {
    const never: Curve = () => {
      throw new Error("asked");
    };
    const curve = join([
      { nSteps: 0, curve: never },
      { curve: constant(1) },
      { fraction: 0.01, curve: never },
    ]);
    expect(valuesOf(curve, 3)).toEqual([1, 1, 1]);
  });

  test("fits parts to the step, and refuses runs that they do not fit", () => {
    const two = { nSteps: 2, curve: constant(1) };
    expect(valuesOf(join([two, two]), 4)).toEqual([1, 1, 1, 1]);
    expect(valuesOf(join([two, { curve: constant(2) }]), 2)).toEqual([1, 1]);
    expect(() => join([two, two])({ step: 0, nSteps: 3 })).toThrow("fit into 3 steps, got 2 + 2");
    expect(() => join([two, two])({ step: 0, nSteps: 5 })).toThrow("fill 5 steps, got 2 + 2");
    expect(() => join([{ fraction: 0.5, curve: constant(1) }])({ step: 0, nSteps: 4 })).toThrow("got 2");
    expect(() => join([two, { fraction: 0.5, curve: constant(1) }])({ step: 0, nSteps: 3 })).toThrow(
      "got 2 + 2",
    );
  });

  test.each([
    ["no parts", [], "at least one part"],
    ["two rests", [{}, { nSteps: 1 }, {}], "got parts 0 and 2"],
    ["two lengths for one part", [{ nSteps: 1, fraction: 0.1 }], "nSteps or fraction for part 0, got both"],
    ["half a step", [{ nSteps: 0.5 }], "integer of at least 0, got 0.5"],
    ["a negative length", [{ nSteps: -1 }], "integer of at least 0, got -1"],
    ["a fraction above 1", [{ fraction: 1.5 }], "in 0..1, got 1.5"],
    ["a fraction that is no number", [{ fraction: Number.NaN }], "in 0..1, got NaN"],
    ["fractions above 1 together", [{ fraction: 0.6 }, { fraction: 0.6 }], "at most 1 together"],
  ])("refuses %s", (_, parts, message) => {
    expect(() => join(parts.map((part) => ({ ...part, curve: constant(1) })))).toThrow(message);
  });

  test("accepts decimal fractions whose sum passes 1 by rounding", () => {
    const parts = [0.7, 0.2, 0.1].map((fraction, i) => ({ fraction, curve: tell(i) }));
    expect(valuesOf(join([...parts].reverse()), 10)).toHaveLength(10);
    expect(valuesOf(join(parts), 10)).toHaveLength(10);
  });
});

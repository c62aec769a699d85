import { PlumblineError } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import type { Curve } from "./curve.ts";
import { kAnnealing, sparsityWarmup } from "./k-annealing.ts";

const valuesOf = (curve: Curve, nSteps: number): number[] =>
  Array.from({ length: nSteps }, (_, step) => curve({ step, nSteps }));

suite("kAnnealing()", () => {
  test("falls by equal steps from its first value, and stays at its last", () => {
    // 12 − (12 − 4) s / 4.
    expect(valuesOf(kAnnealing({ from: 12, to: 4, nSteps: 4 }), 7)).toEqual([12, 10, 8, 6, 4, 4, 4]);
  });

  test("may take all of training, and then never arrives", () => {
    expect(valuesOf(kAnnealing({ from: 8, to: 4, nSteps: 4 }), 4)).toEqual([8, 7, 6, 5]);
  });

  test("at step s it is what dictionary_learning sets after step s, before that takes the whole part", () => {
    const numbers = fc.record({
      from: fc.integer({ min: 10, max: 500 }),
      to: fc.integer({ min: 1, max: 10 }),
      nSteps: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(numbers, ({ from, to, nSteps }) => {
        const curve = kAnnealing({ from, to, nSteps });
        for (let step = 0; step < nSteps + 5; step++) {
          // Its rule at step s, which holds from step s + 1 on there: d (1 − r) + k r with r = min(s, N) / N.
          const r = Math.min(step, nSteps) / nSteps;
          expect(curve({ step, nSteps: nSteps + 5 })).toBeCloseTo(from * (1 - r) + to * r, 9);
        }
      }),
    );
  });
});

suite("sparsityWarmup()", () => {
  test("rises from 0 at the first step to its value", () => {
    expect(valuesOf(sparsityWarmup({ to: 0.5, nSteps: 4 }), 6)).toEqual([0, 0.125, 0.25, 0.375, 0.5, 0.5]);
    expect(valuesOf(sparsityWarmup({ to: 0.5, nSteps: 0 }), 2)).toEqual([0.5, 0.5]);
  });
});

suite("both", () => {
  test.each([kAnnealing({ from: 9, to: 3, nSteps: 5 }), sparsityWarmup({ to: 1, nSteps: 5 })])(
    "refuse a run that is too short for them: %#",
    (curve) => {
      try {
        curve({ step: 0, nSteps: 4 });
      } catch (error) {
        expect(PlumblineError.isInstance(error) && error.code).toBe("parts-too-long");
        return;
      }
      throw new Error("expected an error");
    },
  );

  test("refuse values that are not finite", () => {
    expect(() => kAnnealing({ from: Number.NaN, to: 3, nSteps: 5 })).toThrowError(/bad|finite/);
    expect(() => sparsityWarmup({ to: Number.POSITIVE_INFINITY, nSteps: 5 })).toThrowError(/finite/);
    expect(() => sparsityWarmup({ to: 1, nSteps: 2.5 })).toThrowError(/nSteps/);
  });
});

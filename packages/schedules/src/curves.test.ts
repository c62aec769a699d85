import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { constant } from "./constant.ts";
import { cosineDecay } from "./cosine-decay.ts";
import type { Curve } from "./curve.ts";
import { linearDecay } from "./linear-decay.ts";
import { linearWarmup } from "./linear-warmup.ts";
import { schedule } from "./schedule.ts";
import { warmupDecay } from "./warmup-decay.ts";

const valuesOf = (curve: Curve, nSteps: number): number[] =>
  Array.from({ length: nSteps }, (_, step) => curve({ step, nSteps }));

// Numbers too small for a relative error, and −0, which toBe() tells from 0, are 0 to a schedule.
const value = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((v) => (Math.abs(v) < 1e-200 ? 0 : v));
const length = fc.integer({ min: 1, max: 60 });

suite("linearWarmup()", () => {
  test("moves at the first step and arrives at the last", () => {
    // from 1 to 3 in 4 steps: 1 + 2 · 1/4, 2/4, 3/4, 4/4.
    expect(valuesOf(linearWarmup({ from: 1, to: 3 }), 4)).toEqual([1.5, 2, 2.5, 3]);
    expect(valuesOf(linearWarmup({ to: 0.1 }), 1)).toEqual([0.1]);
  });
});

suite("linearDecay()", () => {
  test("departs from its start and stops one step short of its end", () => {
    // from 3 to 1 in 4 steps: 3 − 2 · 0/4, 1/4, 2/4, 3/4.
    expect(valuesOf(linearDecay({ from: 3, to: 1 }), 4)).toEqual([3, 2.5, 2, 1.5]);
    expect(valuesOf(linearDecay({ from: 0.1 }), 1)).toEqual([0.1]);
  });
});

suite("cosineDecay()", () => {
  test("follows half a cosine", () => {
    // from 2 to 0 in 4 steps: 1 + cos(0, π/4, π/2, 3π/4) = 2, 1 + √½, 1, 1 − √½.
    const expected = [2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2];
    for (const [step, got] of valuesOf(cosineDecay({ from: 2 }), 4).entries()) {
      expect(got).toBeCloseTo(expected[step] ?? Number.NaN, 14);
    }
  });
});

suite("warmupDecay()", () => {
  test("rises, stays and falls", () => {
    // 10 steps: 2 of warmup, then a peak of 5, then 3 (fraction .3) of decay from 1 towards 0.4.
    const curve = warmupDecay({ peak: 1, warmupSteps: 2, decayFraction: 0.3, from: 0.5, to: 0.4 });
    const got = valuesOf(curve, 10);
    expect(got.slice(0, 8)).toEqual([0.75, 1, 1, 1, 1, 1, 1, 1]);
    expect(got[8]).toBeCloseTo(0.8, 15);
    expect(got[9]).toBeCloseTo(0.6, 15);
  });

  test("is its peak without warmup and decay", () => {
    expect(valuesOf(warmupDecay({ peak: 0.3 }), 3)).toEqual([0.3, 0.3, 0.3]);
  });

  test("falls along a cosine when asked", () => {
    // Fraction 1 of 2 steps: cos 0 and cos π/2.
    const got = valuesOf(warmupDecay({ peak: 2, decayFraction: 1, decay: "cosine" }), 2);
    expect(got[0]).toBe(2);
    expect(got[1]).toBeCloseTo(1, 15);
  });

  test("refuses a run that is shorter than its warmup, in words", () => {
    const curve = warmupDecay({ peak: 1, warmupSteps: 20, decayFraction: 0.2 });
    expect(() => curve({ step: 0, nSteps: 10 })).toThrow("fit into 10 steps, got 20 + 0 + 2");
  });

  test("has no jump: no step changes it by more than its slopes allow", () => {
    const part = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(
        value,
        part,
        part,
        part,
        fc.constantFrom("linear", "cosine"),
        (peak, rise, stay, fall, decay) => {
          const nSteps = rise + stay + fall;
          const curve = warmupDecay({ peak, warmupSteps: rise, decayFraction: fall / nSteps, decay });
          const got = [0, ...valuesOf(curve, nSteps)];
          // A cosine is at most π/2 as steep as the line between its ends.
          const steepest = Math.abs(peak) * Math.max(1 / rise, (decay === "cosine" ? Math.PI / 2 : 1) / fall);
          for (let i = 1; i < got.length; i++) {
            expect(Math.abs((got[i] ?? 0) - (got[i - 1] ?? 0))).toBeLessThanOrEqual(steepest * (1 + 1e-9));
          }
          expect(got[rise]).toBe(peak);
          expect(got[rise + stay + 1]).toBe(peak);
        },
      ),
    );
  });
});

suite("every curve", () => {
  test("stays between its ends, meets the one it promises, and never turns back", () => {
    fc.assert(
      fc.property(value, value, length, (from, to, nSteps) => {
        const low = Math.min(from, to);
        const high = Math.max(from, to);
        for (const make of [linearWarmup, linearDecay, cosineDecay]) {
          const got = valuesOf(make({ from, to }), nSteps);
          expect(got.every((v) => v >= low && v <= high)).toBe(true);
          const rounding = 1e-15 * Math.max(Math.abs(from), Math.abs(to));
          for (let i = 1; i < nSteps; i++) {
            const step = ((got[i] ?? 0) - (got[i - 1] ?? 0)) * Math.sign(to - from);
            expect(step).toBeGreaterThanOrEqual(-rounding);
          }
        }
        expect(linearWarmup({ from, to })({ step: nSteps - 1, nSteps })).toBe(to);
        expect(linearDecay({ from, to })({ step: 0, nSteps })).toBe(from);
        expect(cosineDecay({ from, to })({ step: 0, nSteps })).toBe(from);
      }),
    );
  });

  test.each([
    ["a step after the last", { step: 4, nSteps: 4 }],
    ["a step before the first", { step: -1, nSteps: 4 }],
    ["half a step", { step: 0.5, nSteps: 4 }],
    ["a run of no steps", { step: 0, nSteps: 0 }],
  ])("refuses %s", (_, progress) => {
    for (const curve of [
      constant(1),
      linearWarmup({ to: 1 }),
      linearDecay({ from: 1 }),
      cosineDecay({ from: 1 }),
    ]) {
      expect(() => curve(progress)).toThrow("expected a step in 0 … nSteps − 1");
    }
  });

  test("refuses values that are not finite", () => {
    const bad = Number.NaN;
    expect(() => constant(bad)).toThrow(
      "[schedules] constant(): expected value to be a finite number, got NaN",
    );
    expect(() => linearWarmup({ to: bad })).toThrow("expected to to be");
    expect(() => linearDecay({ from: bad })).toThrow("expected from to be");
    expect(() => cosineDecay({ from: 1, to: Number.POSITIVE_INFINITY })).toThrow("got Infinity");
    expect(() => warmupDecay({ peak: bad })).toThrow("finite number");
  });
});

suite("schedule()", () => {
  test("supplies one scalar under its own name and keeps no state", () => {
    const coefficient = schedule("sparsityCoefficient", linearWarmup({ to: 4 }));
    expect(coefficient).toMatchObject({
      name: "sparsityCoefficient",
      scalars: ["sparsityCoefficient"],
      initialState: null,
    });
    const at = coefficient.at({ step: 1, nSteps: 4 }, null, undefined);
    expect(at).toEqual({ scalars: { sparsityCoefficient: 2 }, state: null });
    expect(Object.isFrozen(coefficient)).toBe(true);
  });

  test("refuses a scalar without a name", () => {
    expect(() => schedule("", constant(1))).toThrow("name of a scalar");
  });
});

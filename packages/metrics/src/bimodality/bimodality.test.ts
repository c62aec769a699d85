import { createRandom } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { bimodalityOf } from "./bimodality.ts";
import { dipStatistic } from "./dip-statistic.ts";

const random = createRandom(4);
const normal = (n: number, mean = 0): number[] => Array.from({ length: n }, () => mean + random.normal());

suite("bimodalityOf()", () => {
  test("tells two modes from one, and from skew", () => {
    const two = bimodalityOf([...normal(300), ...normal(200, 6)]);
    expect(two.dip.pValue.value).toBe(0);
    expect(two.mixture.deltaBic.value).toBeGreaterThan(100);
    expect(two.mixture.ashmanD.value).toBeGreaterThan(4);
    expect(two.mixture.lowModeMass.value).toBeCloseTo(0.6, 1);
    expect(two.sarle.value).toBeGreaterThan(5 / 9);
    const one = bimodalityOf(normal(500));
    expect(one.dip.pValue.value).toBeGreaterThan(0.05);
    expect(one.mixture.deltaBic.value).toBeLessThan(10);
    const skewed = bimodalityOf(Array.from({ length: 500 }, () => -Math.log(1 - random.uniform())));
    expect(skewed.dip.pValue.value).toBeGreaterThan(0.05);
    // The reason to rely on the dip test.
    expect(skewed.sarle.value).toBeGreaterThan(5 / 9);
    expect(skewed.mixture.deltaBic.value).toBeGreaterThan(10);
  });

  test("does not change with order, shift and scale", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 6, maxLength: 40 }),
        fc.constantFrom(0.25, 4),
        (values, scale) => {
          const moved = values.map((value) => value * scale + 8).reverse();
          const [a, b] = [bimodalityOf(values, { nBootstrap: 20 }), bimodalityOf(moved, { nBootstrap: 20 })];
          expect(b.dip).toEqual(a.dip);
          if (a.sarle.value === null) expect(b.sarle).toEqual(a.sarle);
          else expect(b.sarle.value).toBeCloseTo(a.sarle.value, 8);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("takes differences within the resolution for none", () => {
    const values = Array.from({ length: 200 }, (_, i) => 1 + (i % 2) * 1e-7);
    expect(bimodalityOf(values).dip.pValue.value).toBe(0);
    const rounded = bimodalityOf(values, { resolution: 1e-5 });
    expect(rounded.dip).toMatchObject({ dip: { value: 0 }, pValue: { value: 1 } });
    expect(rounded.mixture.deltaBic.value).toBeNull();
    expect(bimodalityOf(values, { resolution: 1e-8 }).dip.pValue.value).toBe(0);
  });

  test.each([
    ["nothing", []],
    ["one value", [1]],
    ["values that do not vary", Array<number>(20).fill(1)],
    ["values that are not finite", [...Array<number>(20).keys(), Number.NaN]],
    ["infinite values", [...Array<number>(20).keys(), Number.POSITIVE_INFINITY]],
  ])("never gives a number that is none: %s", (_, values) => {
    const result = bimodalityOf(values, { nBootstrap: 10 });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(result.sarle.value).toBeNull();
    expect(result.mixture.deltaBic.value).toBeNull();
  });
});

suite("dipStatistic()", () => {
  test("lies between 1 / 2n and 1/4, and is largest for two points", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 60 }), (values) => {
        const sorted = Float64Array.from(values).sort();
        const dip = dipStatistic(sorted);
        if (sorted[0] === sorted[sorted.length - 1]) expect(dip).toBe(0);
        else expect(dip).toBeGreaterThanOrEqual(1 / (2 * sorted.length));
        expect(dip).toBeLessThanOrEqual(0.25 + 1e-12);
      }),
    );
    expect(dipStatistic(Float64Array.of(0, 0, 1, 1))).toBe(0.25);
  });

  test("is the least that a sample can have where values are evenly spaced", () => {
    expect(dipStatistic(Float64Array.from({ length: 100 }, (_, i) => i))).toBe(1 / 200);
  });
});

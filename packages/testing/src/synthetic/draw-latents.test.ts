import { createRandom } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { largestDeviation } from "./deviation.test-support.ts";
import { type FiringList, type LatentModel, latentDrawer } from "./draw-latents.ts";
import { createHierarchy } from "./hierarchy.ts";

/** Draws tokens; latents have no tree, amplitude 1 and no correlation unless the model says so. */
function drawMany(
  model: Partial<LatentModel> & Pick<LatentModel, "nLatents" | "drawn">,
  nTokens: number,
): FiringList[] {
  const { nLatents } = model;
  const draw = latentDrawer({
    hierarchy: createHierarchy(nLatents, undefined),
    mutuallyExclusive: false,
    scaleChildrenByParent: false,
    correlation: undefined,
    amplitudeMeans: new Float64Array(nLatents).fill(1),
    amplitudeDeviations: new Float64Array(nLatents),
    ...model,
  });
  const random = createRandom(11);
  return Array.from({ length: nTokens }, () => draw(random));
}

suite("latentDrawer()", () => {
  test("makes latents with loadings of one sign fire together, of two signs apart, at unchanged rates", () => {
    const correlation = {
      rank: 1,
      loadings: Float32Array.of(0.8, 0.8, -0.8),
      own: Float64Array.of(0.6, 0.6, 0.6),
    };
    const nTokens = 20_000;
    const tokens = drawMany({ nLatents: 3, drawn: Float64Array.of(0.2, 0.3, 0.3), correlation }, nTokens);
    const together = (a: number, b: number): number =>
      tokens.filter(({ indices }) => indices.includes(a) && indices.includes(b)).length / nTokens;
    const observed = [together(0, 0), together(1, 1), together(2, 2)];
    expect(largestDeviation(observed, [0.2, 0.3, 0.3], nTokens)).toBeLessThan(4);
    // Independent: .06 with a standard error of .0017. Normal correlation ±.64 moves it by far more.
    expect(together(0, 1)).toBeGreaterThan(0.11);
    expect(together(0, 2)).toBeLessThan(0.02);
  });

  test("keeps one of several children, each as likely, under a parent that fires", () => {
    // Children .6 and .5 given the parent: child 1 alone .6 · .5, both .3; so .3 + .15 = .45 and .2 + .15 = .35.
    const nTokens = 20_000;
    const tokens = drawMany(
      {
        nLatents: 3,
        drawn: Float64Array.of(0.5, 0.6, 0.5),
        hierarchy: createHierarchy(3, { nRoots: 1, branching: 2, depth: 1 }),
        mutuallyExclusive: true,
      },
      nTokens,
    );
    const rate = (list: string): number =>
      tokens.filter(({ indices }) => indices.join() === list).length / nTokens;
    expect(rate("0,1,2") + rate("1") + rate("2") + rate("1,2")).toBe(0);
    const observed = [rate("0,1"), rate("0,2"), rate("0"), rate("")];
    expect(largestDeviation(observed, [0.225, 0.175, 0.1, 0.5], nTokens)).toBeLessThan(4);
  });

  test("scales children by what their parent is above its mean, through all levels", () => {
    // Only the root varies; its mean is 2, child and grandchild have 3 and 5: values a, 3 a / 2, 5 (3 a / 2) / 3.
    const model = {
      nLatents: 3,
      drawn: Float64Array.of(1, 1, 1),
      hierarchy: createHierarchy(3, { nRoots: 1, branching: 1, depth: 2 }),
      scaleChildrenByParent: true,
      amplitudeMeans: Float64Array.of(2, 3, 5),
      amplitudeDeviations: Float64Array.of(1, 0, 0),
    };
    const tokens = drawMany(model, 500);
    for (const { indices, values } of tokens) {
      if (indices.length === 0) continue; // root amplitude below 0: children silent with it
      const [root = 0] = values;
      expect(values[1]).toBeCloseTo(1.5 * root, 12);
      expect(values[2]).toBeCloseTo(2.5 * root, 12);
    }
    // The normal number is below −2 with probability .0228: 11 of 500, standard error 3.3.
    const nSilent = tokens.filter(({ indices }) => indices.length === 0).length;
    expect(nSilent).toBeGreaterThan(0);
    expect(nSilent).toBeLessThan(25);
  });
});

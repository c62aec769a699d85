import { createRandom } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { createReconstructionMetrics } from "../reconstruction/reconstruction.ts";
import { studentQuantile } from "./student-quantile.ts";
import { createTokenBlocks, jackknife } from "./token-blocks.ts";

const counting = () =>
  createTokenBlocks<{ sum: number }>({
    empty: () => ({ sum: 0 }),
    merge: ({ sums: a }, { sums: b }) => ({ sum: a.sum + b.sum }),
  });

suite("createTokenBlocks()", () => {
  test("keeps every token in order, in few blocks of equal length", () => {
    const tokens = counting();
    const n = 10_000;
    for (let i = 0; i < n; i++) tokens.next().sum += i;
    const { blocks } = tokens;
    expect(blocks.length).toBeGreaterThan(64);
    expect(blocks.length).toBeLessThanOrEqual(128);
    const [first] = blocks;
    let start = 0;
    for (const [i, { nTokens, sums }] of blocks.entries()) {
      if (i < blocks.length - 1) expect(nTokens).toBe(first?.nTokens);
      expect(sums.sum).toBe((nTokens * (2 * start + nTokens - 1)) / 2);
      start += nTokens;
    }
    expect(start).toBe(n);
  });
});

suite("studentQuantile()", () => {
  // Tables of Student's distribution, 0.975.
  test.each([
    [7, 2.364624],
    [10, 2.228139],
    [30, 2.042272],
    [127, 1.97882],
  ])("of %i degrees of freedom is %f", (df, expected) => {
    expect(Math.abs(studentQuantile(df) - expected)).toBeLessThan(1e-4);
  });
});

suite("jackknife()", () => {
  test("of a mean over equal blocks is the standard error of their means", () => {
    const means = [1, 4, 2, 8, 5, 7, 3, 6];
    const whole = means.reduce((sum, value) => sum + value) / 8;
    const without = (i: number) => ({ value: (8 * whole - (means[i] ?? 0)) / 7 });
    const blocks = means.map(() => ({ nTokens: 5 }));
    const std = Math.sqrt(means.reduce((sum, value) => sum + (value - whole) ** 2, 0) / 7);
    const found = jackknife(blocks, { value: whole }, without);
    if ("reason" in found) throw new Error(found.reason);
    expect(found.standardError).toBeCloseTo(std / Math.sqrt(8), 12);
    expect((found.high - found.low) / 2).toBeCloseTo((std / Math.sqrt(8)) * studentQuantile(7), 12);
  });

  test("says why there is no interval", () => {
    const few = [{ nTokens: 3 }];
    const none = { value: null, reason: "no tokens" } as const;
    expect(jackknife([], none, () => none)).toEqual(none);
    expect(jackknife(few, { value: 1 }, () => ({ value: 1 }))).toMatchObject({ value: null });
    const many = Array.from({ length: 9 }, () => ({ nTokens: 3 }));
    expect(jackknife(many, { value: 1 }, () => none)).toEqual({
      value: null,
      reason: "it has no value without some block of tokens",
    });
  });
});

suite("confidence of reconstruction metrics", () => {
  const random = createRandom(8);

  test("covers the true explained variance about 95 times in 100", () => {
    // x normal with variance 1 in two dimensions, xHat = x + noise of variance 0.25: 1 − 0.25 in the limit.
    let covered = 0;
    const nTrials = 300;
    for (let trial = 0; trial < nTrials; trial++) {
      const metrics = createReconstructionMetrics({ dIn: 2 });
      const x = Float32Array.from({ length: 800 }, () => random.normal());
      metrics.add({ x, xHat: x.map((value) => value + 0.5 * random.normal()) });
      const interval = metrics.result().confidence.intervals.explainedVariance;
      if ("reason" in interval) throw new Error(interval.reason);
      if (interval.low <= 0.75 && interval.high >= 0.75) covered++;
    }
    // Four standard errors of a share of 300.
    expect(Math.abs(covered / nTrials - 0.95)).toBeLessThan(0.05);
  });

  test("leaves out a block as if it had never been there", () => {
    // With one block of other tokens, the estimate without it is that of the rest alone.
    const dIn = 3;
    const rows = (n: number, shift: number): Float32Array =>
      Float32Array.from({ length: n * dIn }, () => shift + random.normal());
    const parts = Array.from({ length: 9 }, (_, i) => rows(16, i === 4 ? 100 : 5));
    const hats = parts.map((part) => part.map((value) => value + 0.3 * random.normal()));
    const measured = (which: readonly number[]) => {
      const metrics = createReconstructionMetrics({ dIn });
      for (const i of which) metrics.add({ x: parts[i] as Float32Array, xHat: hats[i] as Float32Array });
      return metrics.result();
    };
    const all = [...parts.keys()];
    const whole = measured(all);
    const { value } = whole.explainedVariance;
    const expected = jackknife(
      parts.map(() => ({ nTokens: 16 })),
      whole.explainedVariance,
      (block) => measured(all.filter((i) => i !== block)).explainedVariance,
    );
    const found = whole.confidence.intervals.explainedVariance;
    if ("reason" in found || "reason" in expected || value === null) throw new Error("no interval");
    expect(found.standardError / expected.standardError).toBeCloseTo(1, 8);
    expect(whole.confidence).toMatchObject({ nBlocks: 9, blockTokens: 16 });
  });
});

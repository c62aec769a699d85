import { type SparseLatents, sparseFromDense } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { createSparsityMetrics } from "./sparsity.ts";

const dense = (values: readonly number[], dSae: number): SparseLatents =>
  sparseFromDense(Float32Array.from(values), { nRows: values.length / dSae, dSae });

suite("createSparsityMetrics()", () => {
  test("counts L0, densities and latents that never fired", () => {
    // Tokens fire 1, 2, 0 and 3 of 4 latents: mean 6/4; latent 3 never fires; densities 3/4, 2/4, 1/4, 0.
    const metrics = createSparsityMetrics({ dSae: 4 });
    metrics.add(dense([1, 0, 0, 0, 2, 0.5, 0, 0, 0, 0, 0, 0, 1, 1, -1, 0], 4));
    const result = metrics.result();
    expect(result.l0).toMatchObject({ n: 4, mean: { value: 1.5 }, min: { value: 0 }, max: { value: 3 } });
    // Ranks 0..3 hold 0, 1, 2, 3: the median is at rank 1.5.
    expect(result.l0.quantiles.find(({ q }) => q === 0.5)).toEqual({ q: 0.5, value: 1.5 });
    expect([...metrics.densities()]).toEqual([0.75, 0.5, 0.25, 0]);
    expect([...metrics.firings()]).toEqual([3, 2, 1, 0]);
    expect(result.deadLatents).toEqual({ count: { value: 1 }, alive: { value: 3 }, nTokens: 4 });
    expect(result.density.nSilent).toBe(1);
  });

  test("calls latents dead that were silent for the last deadAfterTokens tokens", () => {
    // One latent fires on token 1 of 4, the other on token 3.
    const rows = [1, 0, 0, 0, 0, 1, 0, 0];
    const deadAfter = (deadAfterTokens: number) => {
      const metrics = createSparsityMetrics({ dSae: 2, deadAfterTokens });
      metrics.add(dense(rows, 2));
      return metrics.result().deadLatents;
    };
    expect(deadAfter(1).count).toEqual({ value: 2 }); // token 4 is silent for both
    expect(deadAfter(2).count).toEqual({ value: 1 });
    expect(deadAfter(3)).toEqual({ count: { value: 1 }, alive: { value: 1 }, nTokens: 3 });
    expect(deadAfter(4).count).toEqual({ value: 0 });
    expect(deadAfter(5).count).toEqual({ value: null, reason: "saw 4 tokens, needs 5" });
  });

  test("does not depend on how tokens are batched", () => {
    const rows = fc.array(fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 3, maxLength: 3 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, fc.nat(20), fc.integer({ min: 1, max: 8 }), (tokens, cut, deadAfterTokens) => {
        const whole = createSparsityMetrics({ dSae: 3, deadAfterTokens });
        whole.add(dense(tokens.flat(), 3));
        const split = createSparsityMetrics({ dSae: 3, deadAfterTokens });
        split.add(dense(tokens.slice(0, cut).flat(), 3));
        split.add(dense(tokens.slice(cut).flat(), 3));
        expect(split.result()).toEqual(whole.result());
        // Firings summed over latents are L0 summed over tokens.
        const nFirings = split.firings().reduce((sum, count) => sum + count, 0);
        expect(split.result().l0.mean).toEqual({ value: nFirings / tokens.length });
      }),
    );
  });

  test("does not count explicit zeros as firing", () => {
    const metrics = createSparsityMetrics({ dSae: 2 });
    const stored = {
      rowStarts: Uint32Array.of(0, 2),
      indices: Uint32Array.of(0, 1),
      values: Float32Array.of(0, 3),
    };
    metrics.add({ nRows: 1, dSae: 2, ...stored });
    expect(metrics.result().l0.mean).toEqual({ value: 1 });
  });

  test("has no values before the first token", () => {
    const { l0, deadLatents, density } = createSparsityMetrics({ dSae: 2 }).result();
    expect(l0.mean).toEqual({ value: null, reason: "no tokens" });
    expect(deadLatents).toEqual({
      count: { value: null, reason: "no tokens" },
      alive: { value: null, reason: "no tokens" },
      nTokens: 0,
    });
    expect(density.shareAbove1Percent).toEqual({ value: null, reason: "no tokens" });
  });

  test("refuses latents that are no compressed sparse rows of this SAE", () => {
    const metrics = createSparsityMetrics({ dSae: 2 });
    const good = dense([1, 2], 2);
    expect(() => metrics.add({ ...good, dSae: 3 })).toThrow("dSae 2, got 3");
    expect(() => metrics.add({ ...good, nRows: 2 })).toThrow("3 row starts");
    expect(() => metrics.add({ ...good, rowStarts: Uint32Array.of(0, 3) })).toThrow("ascending to 2, got 3");
    expect(() => metrics.add({ ...good, rowStarts: Uint32Array.of(2, 1) })).toThrow("got 1 after 2");
    expect(() => metrics.add({ ...good, indices: Uint32Array.of(0, 2) })).toThrow("below 2, got 2");
    expect(metrics.nTokens).toBe(0);
    expect(() => createSparsityMetrics({ dSae: 2, deadAfterTokens: 0 })).toThrow("deadAfterTokens");
  });
});

suite("density", () => {
  test("is binned by its logarithm, with rare and frequent latents told apart", () => {
    // 1000 tokens: latent 0 on all (log10 = 0, last bin), latent 1 on 50 (.05), latent 2 on one (−3), latent 3 on none.
    const metrics = createSparsityMetrics({ dSae: 4 });
    for (let token = 0; token < 1000; token++) {
      metrics.add(dense([1, token < 50 ? 1 : 0, token === 9 ? 1 : 0, 0], 4));
    }
    const { density } = metrics.result();
    expect(density.shareAbove1Percent).toEqual({ value: 0.5 });
    expect(density.shareAbove10Percent).toEqual({ value: 0.25 });
    expect(density.nSilent).toBe(1);
    const { counts, edges } = density.log10Histogram;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(counts.at(-1)).toBe(1);
    expect(counts[edges.indexOf(-3)]).toBe(1);
    expect(counts[edges.indexOf(-1.5)]).toBe(1); // log10 .05 = −1.30
  });
});

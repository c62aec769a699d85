import { foldInputScale, type InferenceForm } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { defaultAlignmentEdges, summarizeAlignment } from "./alignment.ts";
import { alignmentScores, directionStatistics } from "./directions.ts";

const form = (encoder: readonly number[], decoder: readonly number[], dIn: number): InferenceForm => ({
  dIn,
  dSae: encoder.length / dIn,
  encoder: Float32Array.from(encoder),
  encoderBias: new Float32Array(encoder.length / dIn).fill(1),
  decoder: Float32Array.from(decoder),
  decoderBias: new Float32Array(dIn),
  subtractDecoderBias: true,
  activation: { kind: "relu" },
  madeBy: { architecture: "relu", config: {} },
});

suite("directionStatistics()", () => {
  test("takes the inner product of the two rows, not their cosine", () => {
    // Latent 0: ⟨(3, 4), (2, 0)⟩ = 6, norms 5 and 2, cosine 6/10. Latent 1: ⟨(1, 0), (0, 1)⟩ = 0. Latent 2: no encoder.
    const statistics = directionStatistics(form([3, 4, 1, 0, 0, 0], [2, 0, 0, 1, 1, 1], 2));
    expect([...statistics.alignmentScores]).toEqual([6, 0, 0]);
    expect([...statistics.cosines]).toEqual([Math.fround(0.6), 0, Number.NaN]);
    expect([...statistics.encoderNorms]).toEqual([5, 1, 0]);
    expect([...statistics.decoderNorms]).toEqual([2, 1, Math.fround(Math.SQRT2)]);
  });

  test("gives scores that survive a shift of norm between the rows and a folded input scale", () => {
    const small = fc.integer({ min: -8, max: 8 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(small, small), { minLength: 1 }),
        fc.constantFrom(0.25, 2, 8),
        (pairs, factor) => {
          const encoder = pairs.map(([e]) => e);
          const decoder = pairs.map(([, d]) => d);
          const plain = form(encoder, decoder, 1);
          const scores = alignmentScores(plain);
          // Powers of two: no rounding anywhere.
          const shifted = form(
            encoder.map((e) => e * factor),
            decoder.map((d) => d / factor),
            1,
          );
          expect(alignmentScores(shifted)).toEqual(scores);
          expect(alignmentScores(foldInputScale(plain, factor))).toEqual(scores);
        },
      ),
    );
  });

  test("refuses rows that do not fit the widths", () => {
    expect(() => alignmentScores({ ...form([1, 2], [1, 2], 2), dSae: 2 })).toThrow(
      "2 × 2 values, got 2 and 2",
    );
  });
});

suite("summarizeAlignment()", () => {
  test("tells all latents from those that fired", () => {
    const scores = Float32Array.of(1, 1.1, 0.9, 0.2, 0.3);
    const { all, alive } = summarizeAlignment(scores, {
      densities: Float32Array.of(0.1, 0.1, 0.1, 0, 0.1),
    });
    expect(all.shareNearOne).toEqual({ value: 0.6 });
    expect(all.shareBelowHalf).toEqual({ value: 0.4 });
    expect(alive?.shareNearOne).toEqual({ value: 0.75 });
    expect(alive?.distribution.n).toBe(4);
    expect(all.distribution.min.value).toBeCloseTo(0.2, 7);
  });

  test("keeps scores of one in one bin, whichever way they were rounded", () => {
    const { all } = summarizeAlignment(Float32Array.of(1 - 1e-7, 1, 1 + 2e-7));
    expect(all.histogram.counts.filter((count) => count > 0)).toEqual([3]);
    const bin = all.histogram.counts.indexOf(3);
    expect([defaultAlignmentEdges[bin], defaultAlignmentEdges[bin + 1]]).toEqual([0.975, 1.025]);
    expect([defaultAlignmentEdges[0], defaultAlignmentEdges.at(-1)]).toEqual([-0.525, 1.525]);
  });

  test("says so where no latent fired or a score is not finite", () => {
    const silent = summarizeAlignment(Float32Array.of(1), { densities: Float64Array.of(0) });
    expect(silent.alive?.shareNearOne).toEqual({ value: null, reason: "no latent fired" });
    const broken = summarizeAlignment(Float32Array.of(1, Number.NaN)).all;
    expect(broken.nNotFinite).toBe(1);
    expect(broken.shareNearOne).toEqual({ value: null, reason: "some scores are not finite" });
    expect(broken.distribution.mean).toEqual({ value: null, reason: "some values are not finite" });
  });

  test("refuses densities of another SAE", () => {
    expect(() => summarizeAlignment(Float32Array.of(1), { densities: new Float64Array(2) })).toThrow(
      "expected 1 densities",
    );
  });
});

import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { crossEntropyPerToken, klPerPosition } from "./log-probabilities.ts";

const kl = (p: number[], q: number[], nVocabulary = p.length): number[] => [
  ...klPerPosition(Float32Array.from(p), Float32Array.from(q), { nVocabulary }),
];

suite("crossEntropyPerToken()", () => {
  test("is minus the log of the softmax at the target", () => {
    // Softmax of (ln 1, ln 2, ln 5) is (1, 2, 5) / 8; of equal logits 1/3 each.
    const logits = Float32Array.of(0, Math.log(2), Math.log(5), 7, 7, 7);
    const [first, second] = crossEntropyPerToken(logits, Int32Array.of(1, 2));
    expect(first).toBeCloseTo(Math.log(4), 6); // logits are rounded to float32
    expect(second).toBeCloseTo(Math.log(3), 14);
  });

  test("survives logits of ±1e4, and tokens that cannot come", () => {
    const logits = Float32Array.of(1e4, -1e4, 1e4, -1e4, Number.NEGATIVE_INFINITY, 3);
    // Certain, certain not (2e4 nats off), certain.
    expect([...crossEntropyPerToken(logits, Int32Array.of(0, 1, 1))]).toEqual([0, 2e4, 0]);
    expect([...crossEntropyPerToken(logits.subarray(4), Int32Array.of(0))]).toEqual([
      Number.POSITIVE_INFINITY,
    ]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("is NaN where a logit is %s", (bad) => {
    expect([...crossEntropyPerToken(Float32Array.of(1, bad), Int32Array.of(0))]).toEqual([Number.NaN]);
  });

  test("refuses what does not fit", () => {
    expect(() => crossEntropyPerToken(new Float32Array(5), new Int32Array(2))).toThrow("each of 2 targets");
    expect(() => crossEntropyPerToken(new Float32Array(5), new Int32Array(0))).toThrow("each of 0 targets");
    expect(() => crossEntropyPerToken(new Float32Array(0), new Int32Array(2))).toThrow("got 0 values");
    expect(() => crossEntropyPerToken(new Float32Array(4), Int32Array.of(0, 2))).toThrow("0 … 1, got 2 at 1");
    expect([...crossEntropyPerToken(new Float32Array(0), new Int32Array(0))]).toEqual([]);
  });
});

suite("klPerPosition()", () => {
  test("is Σ p log(p / q)", () => {
    // P = (1/2, 1/2), Q = (3/4, 1/4): ½ ln(2/3) + ½ ln 2 = ½ ln(4/3).
    expect(kl([0, 0], [Math.log(3), 0])[0]).toBeCloseTo(0.5 * Math.log(4 / 3), 7);
    // The other way: ¾ ln(3/2) + ¼ ln(1/2).
    expect(kl([Math.log(3), 0], [0, 0])[0]).toBeCloseTo(0.75 * Math.log(1.5) - 0.25 * Math.log(2), 7);
  });

  test("is 0 for the same predictions, at any height of the logits", () => {
    // Up to the rounding of two log-sum-exps below 8: some 1e-15.
    for (const value of kl([5, 1, 1, 5], [7, 3, -3, 1], 2)) expect(value).toBeLessThan(2e-15);
    expect(kl([5, 1, 1, 5], [5, 1, 1, 5], 2)).toEqual([0, 0]);
  });

  test("is never below 0, also where predictions nearly agree", () => {
    const logit = fc.float({ noNaN: true, min: -1e4, max: 1e4 });
    const nudge = fc.float({ noNaN: true, min: Math.fround(-1e-3), max: Math.fround(1e-3) });
    fc.assert(
      fc.property(fc.array(fc.tuple(logit, nudge), { minLength: 1, maxLength: 20 }), (pairs) => {
        const [value = -1] = kl(
          pairs.map(([p]) => p),
          pairs.map(([p, d]) => p + d),
        );
        expect(value).toBeGreaterThanOrEqual(0);
        // Log-probabilities move by at most 2 (1e-3 + half a unit in the last place of 1e4, 5e-4).
        expect(value).toBeLessThan(3e-3);
      }),
    );
  });

  test("keeps its digits for large logits and rare tokens", () => {
    // P is certain of token 0, Q of token 1, by 2e4 nats.
    expect(kl([1e4, -1e4], [-1e4, 1e4])).toEqual([2e4]);
    expect(kl([0, Number.NEGATIVE_INFINITY], [0, Number.NEGATIVE_INFINITY])).toEqual([0]);
    expect(kl([0, 0], [0, Number.NEGATIVE_INFINITY])).toEqual([Number.POSITIVE_INFINITY]);
    expect(kl([Number.NaN, 0], [0, 0])).toEqual([Number.NaN]);
    expect(kl([0, 0], [Number.NaN, 0])).toEqual([Number.NaN]);
  });

  test("refuses what does not fit", () => {
    expect(() => kl([0, 0, 0], [0, 0, 0], 2)).toThrow("whole rows of 2");
    expect(() => kl([0, 0], [0], 2)).toThrow("2 values like logitsP, got 1");
    expect(() => kl([0], [0], 0)).toThrow("nVocabulary");
  });
});

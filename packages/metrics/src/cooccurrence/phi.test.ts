import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { phiCoefficient } from "./phi.ts";

const count = (max: number) => fc.integer({ min: 0, max });

suite("phiCoefficient()", () => {
  test("is (n N11 − Ni Nj) / √(Ni (n − Ni) Nj (n − Nj))", () => {
    // (10 · 3 − 4 · 5) / √(4 · 6 · 5 · 5) = 10 / √600 = .40824829
    expect(phiCoefficient({ nTokens: 10, nFirst: 4, nSecond: 5, nBoth: 3 })).toBeCloseTo(0.4082483, 7);
  });

  test("is 0 where a latent fires on no token or on all", () => {
    for (const nFirst of [0, 10]) {
      expect(phiCoefficient({ nTokens: 10, nFirst, nSecond: 5, nBoth: nFirst / 2 })).toBe(0);
    }
    expect(phiCoefficient({ nTokens: 0, nFirst: 0, nSecond: 0, nBoth: 0 })).toBe(0);
  });

  test("agrees with exact integers up to 2^32 − 1 tokens", () => {
    fc.assert(
      fc.property(
        count(2 ** 32 - 1).chain((nTokens) =>
          fc.tuple(
            fc.constant(nTokens),
            count(nTokens),
            count(nTokens),
            fc.double({ min: 0, max: 1, noNaN: true }),
          ),
        ),
        ([nTokens, nFirst, nSecond, t]) => {
          const least = Math.max(0, nFirst + nSecond - nTokens);
          const nBoth = least + Math.floor(t * (Math.min(nFirst, nSecond) - least));
          const phi = phiCoefficient({ nTokens, nFirst, nSecond, nBoth });
          const [n, n11, a, b] = [BigInt(nTokens), BigInt(nBoth), BigInt(nFirst), BigInt(nSecond)];
          const spread = a * (n - a) * b * (n - b);
          const exact = spread === 0n ? 0 : Number(n * n11 - a * b) / Math.sqrt(Number(spread));
          // A handful of roundings, 1.1e-16 each.
          expect(Math.abs(phi - exact)).toBeLessThanOrEqual(1e-15 * Math.abs(exact));
          expect(Math.abs(phi)).toBeLessThanOrEqual(1);
          expect(phiCoefficient({ nTokens, nFirst, nSecond: nFirst, nBoth: nFirst })).toBe(
            nFirst === 0 || nFirst === nTokens ? 0 : 1,
          );
        },
      ),
    );
  });

  test("keeps a difference of 1 between products of 10^18", () => {
    // n N11 − Ni Nj = 10^9 · 249,999,999 − 499,999,999 · 499,999,999 = −1; √(Ni (n − Ni)) = 2.5 · 10^17 but for the last digits.
    const counts = { nTokens: 1e9, nFirst: 499_999_999, nSecond: 499_999_999, nBoth: 249_999_999 };
    expect(phiCoefficient(counts) * 2.5e17).toBeCloseTo(-1, 9);
  });
});

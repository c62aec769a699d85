import { type AlivePhi, histogramOf } from "@plumbline/metrics";
import { expect, describe as suite, test } from "vitest";
import { coarseShares, phiHistograms } from "./phi-shares.ts";

const edges = Array.from({ length: 129 }, (_, i) => i / 64 - 1);

/** φ of living pairs, as a summary holds them. */
function alivePhi(phis: readonly number[]): AlivePhi {
  return {
    nPairs: phis.length,
    meanAbsPhi: phis.length === 0 ? { value: null, reason: "no tokens" } : { value: 0 },
    shareNegative: { value: 0 },
    quantiles: [],
    absQuantiles: [],
    histogram: histogramOf(phis, edges),
  };
}

const sharesOf = (phis: readonly number[]): readonly number[] => {
  const { a } = phiHistograms(alivePhi(phis), alivePhi([0]));
  return a.shares ?? [];
};

suite("phiHistograms()", () => {
  test("are shares of each SAE's own pairs, and their difference bin by bin", () => {
    // a: 0.5 and −0.5 of two pairs; b: 0.5 once of four. At 0.5: 1/2 − 1/4; at −0.5: 1/2 − 0; at 0: 0 − 3/4.
    const found = phiHistograms(alivePhi([0.5, -0.5]), alivePhi([0.5, 0, 0, 0]));
    const { shares } = found.difference;
    expect(found.edges).toHaveLength(129);
    expect([shares?.[32 + 64], shares?.[32], shares?.[64]]).toEqual([0.25, 0.5, -0.75]);
    expect(shares?.filter((share) => share !== 0)).toHaveLength(3);
  });

  test("say why there are none", () => {
    const [none, one] = [alivePhi([]), alivePhi([0])];
    expect(phiHistograms(none, one)).toMatchObject({
      a: { shares: null, reason: "no tokens" },
      difference: { shares: null, reason: "a: no tokens" },
    });
    expect(phiHistograms(one, none).difference).toEqual({ shares: null, reason: "b: no tokens" });
  });
});

suite("coarseShares()", () => {
  test("puts each φ into the band that its name says, an upper edge into the next", () => {
    const bandOf = (phi: number): string | undefined =>
      coarseShares(edges, sharesOf([phi])).find(({ share }) => share === 1)?.name;
    expect([-1, -0.001, 0, 0.01, 1 / 64, 0.05, 0.1, 0.2, 0.25, 0.4999, 0.5, 1].map(bandOf)).toEqual([
      "below 0",
      "below 0",
      "0 … 1/64",
      "0 … 1/64",
      "1/64 … 1/32",
      "1/32 … 1/16",
      "1/16 … 1/8",
      "1/8 … 1/4",
      "1/4 … 1/2",
      "1/4 … 1/2",
      "1/2 … 1",
      "1/2 … 1",
    ]);
  });

  test("leaves no bin out and takes none twice", () => {
    const ones = new Array<number>(128).fill(1);
    const bands = coarseShares(edges, ones);
    expect(bands.map(({ share }) => share)).toEqual([64, 1, 1, 2, 4, 8, 16, 32]);
  });
});

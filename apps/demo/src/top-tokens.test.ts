import { sparseFromDense } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { createTopTokens, type LatentTokens, pickLatents } from "./top-tokens.ts";

suite("createTopTokens()", () => {
  test("counts firings and keeps the strongest, one a passage", () => {
    // Rows 0, 1 are passage 0; rows 2, 3 are passage 1; row 4 is passage 2. Latent 0 fires with 1 3 2 2 5, so its strongest
    // are 5 (row 4), 3 (row 1) and 2 (row 2, the earlier of two equal ones); two are kept. Latent 1 fires once.
    const tokens = createTopTokens({ dSae: 3, nTop: 2, passageOf: (row) => Math.floor(row / 2) });
    tokens.add(sparseFromDense(Float32Array.of(1, 0, 0, 3, 0, 0, 2, 7, 0), { nRows: 3, dSae: 3 }));
    tokens.add(sparseFromDense(Float32Array.of(2, 0, 0, 5, 0, 0), { nRows: 2, dSae: 3 }));
    expect(tokens.result()).toEqual([
      {
        latent: 0,
        nFirings: 5,
        top: [
          { row: 4, value: 5 },
          { row: 1, value: 3 },
        ],
      },
      { latent: 1, nFirings: 1, top: [{ row: 2, value: 7 }] },
      { latent: 2, nFirings: 0, top: [] },
    ]);
  });

  test("keeps a passage's strongest firing even where a weaker one came first", () => {
    const tokens = createTopTokens({ dSae: 1, nTop: 2, passageOf: (row) => (row < 3 ? 0 : 1) });
    tokens.add(sparseFromDense(Float32Array.of(1, 4, 2, 3), { nRows: 4, dSae: 1 }));
    expect(tokens.result()[0]?.top.map(({ row }) => row)).toEqual([1, 3]);
  });
});

suite("pickLatents()", () => {
  const latentsOf = (...counts: number[]): LatentTokens[] =>
    counts.map((nFirings, latent) => ({ latent, nFirings, top: [] }));

  test("takes evenly spaced places in order of density", () => {
    // In order: 1 (latent 1), 2 (3), 3 (0), 4 (2); two of four sit at places floor(0.5 * 4 / 2) = 1 and floor(1.5 * 2) = 3.
    const picked = pickLatents(latentsOf(3, 1, 4, 2), { n: 2, minFirings: 1 });
    expect(picked.map(({ latent }) => latent)).toEqual([3, 2]);
  });

  test("leaves out rare ones, and takes fewer where there are fewer", () => {
    expect(pickLatents(latentsOf(3, 1, 0), { n: 5, minFirings: 2 }).map(({ latent }) => latent)).toEqual([0]);
    expect(pickLatents(latentsOf(0), { n: 5, minFirings: 1 })).toEqual([]);
  });
});

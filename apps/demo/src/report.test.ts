import { expect, describe as suite, test } from "vitest";
import { caveats, comparisonTable, contextText, latentsText } from "./report.ts";
import { contestants, quickSettings } from "./settings.ts";

const measurement = {
  explainedVariance: 0.71239,
  l0: 32,
  deadLatents: 3,
  alignmentMin: 0.9999998,
  alignmentMax: 1.0000001,
  alignmentQuantiles: [
    { q: 0.05, value: 1 },
    { q: 0.5, value: 1 },
    { q: 0.95, value: null },
  ],
  secondsPerStep: null,
};

suite("comparisonTable()", () => {
  test("has a column for each SAE and says where a number is undefined", () => {
    const text = comparisonTable(
      contestants.map((contestant) => ({ contestant, measurement })),
      quickSettings,
    );
    expect(text).toMatch(/^ +free +aligned +free, small start$/m);
    expect(text).toMatch(/^explained variance +0\.7124 +0\.7124 +0\.7124$/m);
    expect(text).toMatch(/^encoder rows start at +1\.0 · decoder +1\.0 · decoder +0\.3 · decoder$/m);
    expect(text).toMatch(/^ {2}95 % +undefined/m);
    expect(text).toMatch(/^seconds per step +undefined/m);
    expect(text).toContain("8 steps of 64");
  });
});

suite("caveats()", () => {
  test("names what the scale cannot show", () => {
    expect(caveats(quickSettings)).toMatch(/Dead latents.*\n.*Stability.*\n.*Which is better/);
  });
});

suite("contextText()", () => {
  const pieces = [" The", " wh", "ale", " was", " white", "."];

  test("puts the token in brackets, its space outside", () => {
    expect(contextText(pieces, 1)).toBe("The [wh]ale was white.");
    expect(contextText(pieces, 2)).toBe("The wh[ale] was white.");
    expect(contextText(pieces, 0)).toBe("[The] whale was white.");
  });

  test("cuts on both sides and shows that it did", () => {
    expect(contextText(pieces, 3, 1)).toBe("…ale [was] white…");
    expect(contextText(pieces, 5, 2)).toBe("…was white[.]");
  });
});

suite("latentsText()", () => {
  test("shows density, value, context and where it is from", () => {
    const text = latentsText([{ latent: 7, nFirings: 5, top: [{ row: 2, value: 12.34 }] }], {
      title: "aligned",
      nTokens: 1000,
      placeOf: (position) => ({
        pieces: [" A", " b", " c"],
        position,
        from: "Moby-Dick, chapter 1: Loomings.",
      }),
    });
    expect(text).toContain(
      "latent 7, fires on 0.50 % of tokens\n      12.3  A b [c]  (Moby-Dick, chapter 1)\n",
    );
  });

  test("says so where nothing can be shown", () => {
    const placeOf = () => ({ pieces: [], position: 0, from: "" });
    expect(latentsText([], { title: "free", nTokens: 1, placeOf })).toMatch(/no latent fires often enough/);
  });
});

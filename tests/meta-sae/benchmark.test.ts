import { expect, describe as suite, test } from "vitest";
import { cellsOf } from "../../benchmarks/meta-sae/cells.ts";
import { parseMetaSaeOptions } from "../../benchmarks/meta-sae/options.ts";
import { reportRows } from "../../benchmarks/meta-sae/report.ts";

suite("the grid of the meta SAE", () => {
  test("has each SAE alone, each pair of λ₂ and σ², and λ₂ = 0 once", () => {
    const cells = cellsOf({ aligned: [false], seeds: 2, lambda2: [0, 0.3], sigma2: [1, 3] });
    expect(cells.map(({ name }) => name)).toEqual([
      "free-solo-s0",
      "free-l0-g1-s0",
      "free-l0.3-g1-s0",
      "free-l0.3-g3-s0",
      "free-solo-s1",
      "free-l0-g1-s1",
      "free-l0.3-g1-s1",
      "free-l0.3-g3-s1",
    ]);
  });

  test("compares each run with the same seed alone", () => {
    const cells = cellsOf({ aligned: [true], seeds: 2, lambda2: [0.3], sigma2: [1] });
    // Alone: φ 0.01 and 0.02, unexplained 0.25 and 0.5. Joint: φ −10 % and −20 %, unexplained +8 % and +4 %.
    const found = [
      [0.01, 0.75],
      [0.009, 0.73],
      [0.02, 0.5],
      [0.016, 0.48],
    ];
    const results = cells.map((cell, i) => {
      const [meanAbsPhi = 0, explainedVariance = 0] = found[i] ?? [];
      return { cell, outcome: { meanAbsPhi, explainedVariance, l0: 20 + i, nDead: i } };
    });
    expect(reportRows(results, false)).toHaveLength(1);
    expect(reportRows(results, true).slice(1)).toEqual([
      // Standard deviations of two numbers are their distance over √2.
      ["alone", "15.000 ± 7.071", "", "0.3750 ± 0.1768", "", "21.00 ± 1.41", "0 2"],
      ["0.3/1", "−15.00 ± 7.07", "−7.5", "+6.00 ± 2.83", "+9.3", "22.00 ± 1.41", "1 3"],
    ]);
  });

  test("refuses what it cannot run", () => {
    const must = ["--train", "a", "--held-out", "b", "--out", "c"];
    expect(parseMetaSaeOptions(must)).toMatchObject({ grid: { aligned: [false, true], seeds: 3 } });
    for (const [argv, message] of [
      [[], "--train is missing"],
      [[...must, "--sigma2", "0"], '--sigma2: got "0"'],
      [[...must, "--primary", "bent"], "--primary"],
      [[...must, "--steps", "x"], "--steps"],
      [[...must, "--step", "3"], "--step"],
    ] as const) {
      expect(() => parseMetaSaeOptions(argv)).toThrow(message);
    }
  });
});

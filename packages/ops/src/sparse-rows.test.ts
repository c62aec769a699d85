import { type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { cheaperComposition } from "./composition.ts";
import { gatherRows, gatherSelected } from "./gather-selected.ts";
import { normalTensor } from "./gradient.test-support.ts";
import type { Selection } from "./selection.ts";
import { accumulateRows, accumulateValues } from "./sparse-rows.ts";

const ints = (rows: number[][]): Tensor2D => tensor2d(rows, [rows.length, rows[0]?.length ?? 0], "int32");

/** Two tokens, two latents each; latent 1 is chosen by both. */
const selection: Selection = {
  values_BK: tensor2d([
    [2, 3],
    [5, 7],
  ]),
  indices_BK: ints([
    [0, 1],
    [1, 3],
  ]),
};
const y_BD = tensor2d([
  [1, 10],
  [100, 1000],
]);

suite("cheaperComposition()", () => {
  test("takes gathered rows up to a sixtieth of the latents on cpu", () => {
    expect([119, 120, 121].map((dSae) => cheaperComposition(2, dSae))).toEqual(["dense", "rows", "rows"]);
  });
});

suite("accumulateRows()", () => {
  // Latent 0: 2 · (1, 10). Latent 1: 3 · (1, 10) + 5 · (100, 1000). Latent 3: 7 · (100, 1000).
  const rows = [
    [2, 20],
    [503, 5030],
    [0, 0],
    [700, 7000],
  ];

  const dSae = 9;
  for (const composition of ["dense", "rows"] as const) {
    test(`sums outer products by latent, composed as ${composition}`, () => {
      const sums = accumulateRows(selection, y_BD, { dSae, composition });
      expect(sums.shape).toEqual([dSae, 2]);
      const expected = [...rows.flat(), ...Array.from({ length: (dSae - 4) * 2 }, () => 0)];
      expect([...sums.dataSync()]).toEqual(expected);
    });
  }

  test("gives the same by both compositions on random numbers", () => {
    const values_BK = normalTensor([30, 2], 1) as Tensor2D;
    const indices_BK = ints(Array.from({ length: 30 }, (_, i) => [i % 7, 7 + (i % 11)]));
    const y = normalTensor([30, 5], 2) as Tensor2D;
    const dense = accumulateRows({ values_BK, indices_BK }, y, { dSae: 20, composition: "dense" }).dataSync();
    const gathered = accumulateRows({ values_BK, indices_BK }, y, {
      dSae: 20,
      composition: "rows",
    }).dataSync();
    dense.forEach((value, i) => {
      expect(gathered[i]).toBeCloseTo(value, 5);
    });
  });
});

suite("accumulateValues()", () => {
  test("sums values by latent", () => {
    expect([...accumulateValues(selection, { dSae: 5 }).dataSync()]).toEqual([2, 8, 0, 7, 0]);
  });
});

suite("gatherRows() and gatherSelected()", () => {
  test("take the chosen rows and the chosen entries", () => {
    const weights = tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]);
    expect(gatherRows(weights, selection.indices_BK).arraySync()).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [3, 4],
        [7, 8],
      ],
    ]);
    const dense = tensor2d([
      [10, 11, 12, 13],
      [20, 21, 22, 23],
    ]);
    expect(gatherSelected(dense, selection.indices_BK).arraySync()).toEqual([
      [10, 11],
      [21, 23],
    ]);
  });
});

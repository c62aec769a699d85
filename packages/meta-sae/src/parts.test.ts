import { sparseFromDense } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { partsOf, wholesOf } from "./parts.ts";

suite("partsOf() and wholesOf()", () => {
  const latents = sparseFromDense(Float32Array.of(0, 2, 1, 3, 0, 0), { nRows: 2, dSae: 3 });

  test("are the two sides of the same table, the strongest first", () => {
    expect(partsOf(latents, 0)).toEqual([
      { index: 1, value: 2 },
      { index: 2, value: 1 },
    ]);
    expect(partsOf(latents, 5)).toEqual([]);
    expect(wholesOf(latents)).toEqual([
      [{ index: 1, value: 3 }],
      [{ index: 0, value: 2 }],
      [{ index: 0, value: 1 }],
    ]);
  });
});

import { expect, describe as suite, test } from "vitest";
import { createSequenceMean } from "./sequence-mean.ts";

suite("createSequenceMean()", () => {
  test("weighs positions alike and takes its error over sequences", () => {
    // Sums 2, 6, 1 over 1, 2, 1 positions: mean 9/4. Deviations 2 − 9/4, 6 − 18/4, 1 − 9/4 = −1/4, 3/2, −5/4; squares
    // 1/16 + 36/16 + 25/16 = 62/16; √(3/2 · 62/16) / 4.
    const mean = createSequenceMean("number");
    mean.add(2, 1);
    mean.add(6, 2);
    mean.add(0, 0);
    mean.add(1, 1);
    expect(mean.mean()).toEqual({ value: 2.25 });
    expect(mean.standardError().value).toBeCloseTo(Math.sqrt((1.5 * 62) / 16) / 4, 14);
    expect([mean.nPositions, mean.nSequences]).toEqual([4, 3]);
  });

  test("is the usual standard error where sequences are equally long", () => {
    // Means 1, 2, 6 of 10 positions each: mean 3, deviation √((4 + 1 + 9) / 2), error that / √3.
    const mean = createSequenceMean("number");
    for (const value of [1, 2, 6]) mean.add(10 * value, 10);
    expect(mean.standardError().value).toBeCloseTo(Math.sqrt(14 / 2 / 3), 14);
  });

  test("has no value, and says why, where there is none", () => {
    const mean = createSequenceMean("number");
    mean.add(0, 0);
    expect(mean.mean()).toEqual({ value: null, reason: "no positions" });
    mean.add(3, 1);
    expect(mean.mean()).toEqual({ value: 3 });
    expect(mean.standardError()).toEqual({ value: null, reason: "needs 2 sequences with positions" });
    mean.add(Number.NaN, 1);
    const reason = "number is not finite, first in sequence 2";
    expect([mean.mean(), mean.standardError()]).toEqual([
      { value: null, reason },
      { value: null, reason },
    ]);
  });
});

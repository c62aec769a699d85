import { expect, describe as suite, test } from "vitest";
import { changeOf } from "./changes.ts";

suite("changeOf()", () => {
  test("is relative to b, with its sign", () => {
    // (3 − 4) / 4 and (4 − 3) / 3
    expect(changeOf({ value: 3 }, { value: 4 })).toEqual({
      a: { value: 3 },
      b: { value: 4 },
      difference: { value: -1 },
      relativeChange: { value: -0.25 },
    });
    expect(changeOf({ value: 4 }, { value: 3 }).relativeChange.value).toBeCloseTo(1 / 3, 15);
  });

  test("has no ratio to 0, and none where told that it says nothing, but a difference", () => {
    expect(changeOf({ value: 3 }, { value: 0 })).toMatchObject({
      difference: { value: 3 },
      relativeChange: { value: null, reason: "0 in b" },
    });
    expect(changeOf({ value: 0 }, { value: 0 }).relativeChange).toEqual({ value: null, reason: "0 in b" });
    expect(changeOf({ value: 3 }, { value: 4 }, { noRatio: "of two sizes" })).toMatchObject({
      difference: { value: -1 },
      relativeChange: { value: null, reason: "of two sizes" },
    });
  });

  test("names the side that has no value, and why", () => {
    const none = { value: null, reason: "no tokens" };
    const missingIn = (side: string) => ({ value: null, reason: `${side}: no tokens` });
    expect(changeOf(none, { value: 1 })).toMatchObject({
      difference: missingIn("a"),
      relativeChange: missingIn("a"),
    });
    expect(changeOf({ value: 1 }, none)).toMatchObject({
      difference: missingIn("b"),
      relativeChange: missingIn("b"),
    });
  });
});

import { expect, describe as suite, test } from "vitest";
import { shownBytes, shownCount, shownNumber, shownSeconds, textTable } from "./text-table.ts";

suite("textTable()", () => {
  test("aligns columns and leaves no trailing blanks", () => {
    const rows = [
      ["a", "1", ""],
      ["long", "2", "note"],
    ];
    expect(textTable(rows, { indent: "  " })).toBe("  a     1\n  long  2  note");
  });
});

suite("numbers for people", () => {
  test("have four digits, or say why there are none", () => {
    expect([0.123456, 12345.678, 1e-7, 3, -0.5].map((value) => shownNumber(value))).toEqual([
      "0.1235",
      "12350",
      "1.000e-7",
      "3",
      "-0.5",
    ]);
    expect(shownNumber(null, "no tokens")).toBe("no tokens");
  });

  test("have units", () => {
    expect([512, 1536, 3 * 2 ** 30].map(shownBytes)).toEqual(["512 B", "1.5 KiB", "3.0 GiB"]);
    expect([999, 12_345, 2_500_000].map(shownCount)).toEqual(["999", "12 k", "2.5 M"]);
    expect([0.25, 9.96, 59.9, 95, 3600 * 2 + 60 * 5].map(shownSeconds)).toEqual([
      "250 ms",
      "10 s",
      "1 min 0 s",
      "1 min 35 s",
      "2 h 5 min",
    ]);
  });
});

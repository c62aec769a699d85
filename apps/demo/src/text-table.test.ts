import { expect, describe as suite, test } from "vitest";
import { textTable } from "./text-table.ts";

suite("textTable()", () => {
  test("sets the first column flush left and the others flush right", () => {
    expect(textTable([["", "free", "aligned"], ["L0", "32", "1.5"], ["dead latents"]])).toBe(
      "              free  aligned\nL0              32      1.5\ndead latents\n",
    );
  });

  test("makes nothing of nothing", () => {
    expect(textTable([])).toBe("");
  });
});

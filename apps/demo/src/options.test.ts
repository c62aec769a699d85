import { expect, describe as suite, test } from "vitest";
import { parseOptions } from "./options.ts";

suite("parseOptions()", () => {
  test("reads flags and leaves the folder open by default", () => {
    expect(parseOptions(["--quick", "--json", "--out", "x"])).toEqual({
      out: "x",
      quick: true,
      json: true,
      help: false,
    });
    expect(parseOptions([])).toEqual({ out: undefined, quick: false, json: false, help: false });
  });

  test("refuses unknown flags and stray words as usage errors", () => {
    for (const argv of [["--fast"], ["free"], ["--out"]]) {
      expect(() => parseOptions(argv)).toThrow(
        expect.objectContaining({ code: "bad-argument", kind: "usage" }),
      );
    }
  });
});

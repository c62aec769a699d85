import { expect, describe as suite, test } from "vitest";
import { pickRows } from "./pick-rows.ts";

const values = Float32Array.from({ length: 12 }, (_, i) => i);

suite("pickRows()", () => {
  test("drops the padding of padded sequences", () => {
    // Two sequences of 3 places, 2 wide: places 0 1 | 2 3 | 4 5 and 6 7 | 8 9 | 10 11; keep 1 and 2 of them.
    expect(pickRows(values, { node: "n", shape: [2, 3, 2], lengths: [1, 2], dIn: 2 })).toEqual({
      nRows: 3,
      rows: Float32Array.of(0, 1, 6, 7, 8, 9),
      positions: Int32Array.of(0, 0, 1),
    });
  });

  test.each([[[1, 6, 2]], [[6, 2]]])("takes sequences one after the other from %j", (shape) => {
    expect(pickRows(values, { node: "n", shape, lengths: [2, 0, 4], dIn: 2 })).toEqual({
      nRows: 6,
      rows: values,
      positions: Int32Array.of(0, 1, 0, 1, 2, 3),
    });
  });

  test("keeps the beginning of a single sequence", () => {
    const { rows } = pickRows(values, { node: "n", shape: [1, 6, 2], lengths: [2], dIn: 2 });
    expect(rows).toEqual(Float32Array.of(0, 1, 2, 3));
  });

  test.each([
    ["another width", [2, 2, 3], [2, 2]],
    ["fewer places than the longest sequence", [2, 3, 2], [4, 1]],
    ["another number of sequences", [2, 3, 2], [1, 1, 1]],
    ["another number of tokens", [1, 6, 2], [2, 3]],
    ["another number of rows", [6, 2], [7]],
    ["four axes", [1, 2, 3, 2], [6]],
    ["one axis", [12], [6]],
    ["no axes", [], [1]],
  ])("refuses %s", (_, shape, lengths) => {
    const pick = () => pickRows(values, { node: "layer/add", shape, lengths, dIn: 2 });
    expect(pick).toThrow(expect.objectContaining({ code: "shape-mismatch", kind: "usage" }));
    expect(pick).toThrow(`got [${shape.join(", ")}]`);
  });
});

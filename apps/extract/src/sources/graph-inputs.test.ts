import { expect, describe as suite, test } from "vitest";
import { arrangeInputs } from "./graph-inputs.ts";

const sequences = [Int32Array.of(7, 8, 9), Int32Array.of(5)];

suite("arrangeInputs()", () => {
  test("pads to the longest sequence and masks the padding", () => {
    const inputs = { layout: "padded", ids: "x", mask: "m", padId: 2 } as const;
    expect(arrangeInputs(sequences, inputs)).toEqual({
      x: { data: Int32Array.of(7, 8, 9, 5, 2, 2), shape: [2, 3] },
      m: { data: Int32Array.of(1, 1, 1, 1, 0, 0), shape: [2, 3] },
    });
  });

  test("gives the place and id of each token", () => {
    const inputs = { layout: "indices-values", indices: "i", values: "v" } as const;
    expect(arrangeInputs(sequences, inputs)).toEqual({
      i: { data: Int32Array.of(0, 0, 0, 1, 0, 2, 1, 0), shape: [4, 2] },
      v: { data: Int32Array.of(7, 8, 9, 5), shape: [4] },
    });
  });
});

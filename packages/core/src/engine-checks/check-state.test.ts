import { expect, describe as suite, test } from "vitest";
import type { EngineState } from "../engine.ts";
import { checkState } from "./check-state.ts";

const architecture = { name: "small", config: { rows: "unit", inner: { k: 2, widths: [1, 2] } } };
const own = {
  architecture,
  dIn: 3,
  dSae: 5,
  expected: {
    "parameter/decoder": { shape: [5, 3], dtype: "float32" },
    "buffer/seen": { shape: [1], dtype: "int32" },
  },
  from: "toy",
};
const arrays: EngineState["arrays"] = {
  "parameter/decoder": { shape: [5, 3], data: new Float32Array(15) },
  "buffer/seen": { shape: [1], data: new Int32Array(1) },
};
const good: EngineState = { architecture, dIn: 3, dSae: 5, nSteps: 7, arrays };
const withArray = (name: string, array: EngineState["arrays"][string]): Partial<EngineState> => ({
  arrays: { ...arrays, [name]: array },
});

suite("checkState()", () => {
  test("lets its own state through, whatever the order of keys", () => {
    expect(() => checkState(good, own)).not.toThrow();
    const reordered = {
      ...good,
      nSteps: 0,
      architecture: { name: "small", config: { inner: { widths: [1, 2], k: 2 }, rows: "unit" } },
      arrays: Object.fromEntries(Object.entries(arrays).reverse()),
    };
    expect(() => checkState(reordered, own)).not.toThrow();
  });

  const other = (config: EngineState["architecture"]["config"]) => ({
    architecture: { name: "small", config },
  });
  const configured = 'configuration {"inner":{"k":2,"widths":[1,2]},"rows":"unit"}';
  for (const [what, change, words] of [
    [
      "another architecture",
      { architecture: { ...architecture, name: "topk" } },
      "architecture small, got topk",
    ],
    ["another configuration", other({ rows: "free" }), `${configured}, got {"rows":"free"}`],
    [
      "lists in another order",
      other({ rows: "unit", inner: { k: 2, widths: [2, 1] } }),
      `${configured}, got {"inner":{"k":2,"widths":[2,1]},"rows":"unit"}`,
    ],
    ["other widths", { dSae: 6 }, "widths 3 → 5, got 3 → 6"],
    ["a number of steps that is none", { nSteps: -1 }, "a number of steps of 0 or more, got -1"],
    ["a fractional number of steps", { nSteps: 0.5 }, "a number of steps of 0 or more, got 0.5"],
    ["missing arrays", { arrays: {} }, "arrays buffer/seen, parameter/decoder, got "],
    [
      "an array too many",
      withArray("parameter/gain", { shape: [1], data: new Float32Array(1) }),
      "arrays buffer/seen, parameter/decoder, got buffer/seen, parameter/decoder, parameter/gain",
    ],
    [
      "another shape",
      withArray("parameter/decoder", { shape: [3, 5], data: new Float32Array(15) }),
      "shape of parameter/decoder [5, 3], got [3, 5]",
    ],
    [
      "an array that does not fill its shape",
      withArray("parameter/decoder", { shape: [5, 3], data: new Float32Array(14) }),
      "length of parameter/decoder 15, got 14",
    ],
    [
      "another dtype",
      withArray("buffer/seen", { shape: [1], data: new Float32Array(1) }),
      "dtype of buffer/seen int32, got float32",
    ],
  ] as const) {
    test(`refuses ${what}`, () => {
      expect(() => checkState({ ...good, ...change }, own)).toThrow(
        expect.objectContaining({
          code: "state-mismatch",
          kind: "input",
          what: `[toy] importState(): expected ${words}`,
          hint: "resume with the configuration that the state was saved with",
        }),
      );
    });
  }
});

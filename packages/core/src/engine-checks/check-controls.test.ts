import { expect, describe as suite, test } from "vitest";
import type { StepControls } from "../engine.ts";
import { checkControls } from "./check-controls.ts";

const shape = { dIn: 3, dSae: 5 };
const architecture = { name: "small", controls: ["weight"] };
const target = new Float32Array(15);
const good: StepControls = { lr: 0.01, scalars: { weight: 0.1 }, wantStats: true };
const check = (change: Partial<StepControls>, controls: readonly string[] = architecture.controls) =>
  checkControls({ ...architecture, controls }, shape, { ...good, ...change }, { from: "toy" });

const schedule = "look at the schedule that supplies it";
const leaveOut = "leave it out to go without";

suite("checkControls()", () => {
  test("lets through what the architecture declares, with and without the optional parts", () => {
    expect(() => check({})).not.toThrow();
    expect(() => check({ scalars: {} }, [])).not.toThrow();
    expect(() => check({ lr: 0, clipNorm: 1, rowPenalty: { target, weight: 0, width: 1 } })).not.toThrow();
    expect(() => check({ clipNorm: Number.POSITIVE_INFINITY })).not.toThrow();
  });

  for (const [what, scalars, wanted, words, hint] of [
    [
      "an unknown control, with the nearest",
      { weight: 1, weigth: 1 },
      ["weight"],
      'has no control "weigth"',
      'did you mean "weight"? it takes weight',
    ],
    [
      "an unknown control, with those that there are",
      { zzzzz: 1 },
      ["weight", "k"],
      'has no control "zzzzz"',
      "it takes weight, k",
    ],
    ["a control where none is taken", { weight: 1 }, [], 'has no control "weight"', "it takes none"],
    [
      "a missing control",
      {},
      ["weight"],
      'needs the control "weight"',
      'add it to the schedules, as "weight": 0.1',
    ],
  ] as const) {
    test(`refuses ${what}`, () => {
      const code = words.startsWith("has no") ? "unknown-control" : "missing-control";
      const message = `[toy] step(): architecture "small" ${words}`;
      expect(() => check({ scalars }, wanted)).toThrow(
        expect.objectContaining({ code, kind: "usage", what: message, hint }),
      );
    });
  }

  for (const [change, words, hint] of [
    [{ scalars: { weight: Number.NaN } }, "weight to be finite, got NaN", schedule],
    [{ lr: Number.NaN }, "lr to be finite, got NaN", schedule],
    [{ lr: Number.POSITIVE_INFINITY }, "lr to be finite, got Infinity", schedule],
    [
      { rowPenalty: { target, weight: Number.POSITIVE_INFINITY, width: 1 } },
      "rowPenalty.weight to be finite, got Infinity",
      schedule,
    ],
    [{ clipNorm: 0 }, "clipNorm to be above 0, got 0", leaveOut],
    [{ clipNorm: Number.NaN }, "clipNorm to be above 0, got NaN", leaveOut],
    [{ rowPenalty: { target, weight: 1, width: 0 } }, "rowPenalty.width to be above 0, got 0", leaveOut],
  ] as const) {
    test(`expects ${words.replace(", got", ", refusing")}`, () => {
      expect(() => check(change)).toThrow(
        expect.objectContaining({
          code: "bad-control",
          kind: "usage",
          what: `[toy] step(): expected ${words}`,
          hint,
        }),
      );
    });
  }

  test("refuses targets of another size", () => {
    expect(() => check({ rowPenalty: { target: new Float32Array(4), weight: 1, width: 1 } })).toThrow(
      expect.objectContaining({
        code: "shape-mismatch",
        kind: "usage",
        what: "[toy] step(): expected rowPenalty.target of 5 × 3 numbers, got 4",
        hint: "check the width of the activations against dIn",
      }),
    );
  });
});

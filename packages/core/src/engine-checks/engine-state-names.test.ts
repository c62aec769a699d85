import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { engineStatePrefixes, joinState, splitState } from "./engine-state-names.ts";

suite("joinState() and splitState()", () => {
  test("name parameters, moments and buffers as EngineState does", () => {
    const groups = { parameters: { w: 1 }, mean: { w: 2 }, variance: { w: 3 }, buffers: { seen: 4 } };
    const named = joinState(groups);
    expect(Object.entries(named)).toEqual([
      ["parameter/w", 1],
      ["optimizer/mean/w", 2],
      ["optimizer/variance/w", 3],
      ["buffer/seen", 4],
    ]);
    expect(splitState(named)).toEqual(groups);
  });

  test("are inverse, for names that look like prefixes as well", () => {
    const name = fc.oneof(
      fc.string({ minLength: 1 }).filter((text) => text !== "__proto__"),
      fc.constantFrom(...Object.values(engineStatePrefixes)),
    );
    const group = fc.dictionary(name, fc.nat(), { noNullPrototype: true });
    const groups = fc.record({ parameters: group, mean: group, variance: group, buffers: group });
    fc.assert(
      fc.property(groups, (state) => {
        expect(splitState(joinState(state))).toEqual(state);
      }),
    );
  });

  test("leave out names without a prefix", () => {
    expect(splitState({ "gradient/w": 1 })).toEqual({ parameters: {}, mean: {}, variance: {}, buffers: {} });
  });
});

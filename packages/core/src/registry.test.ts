import { expect, describe as suite, test } from "vitest";
import { createRegistry } from "./registry.ts";

interface Metric {
  readonly specVersion: number;
  readonly name: string;
}
const metric = (name: string, specVersion = 1): Metric => ({ name, specVersion });
const create = (values: Iterable<Metric>) =>
  createRegistry({ kind: "metric", specVersion: 1, nameOf: (value) => value.name }, values);

suite("createRegistry()", () => {
  test("finds values by name and lists them by name", () => {
    const [l0, density] = [metric("l0"), metric("density")];
    const registry = create(new Set([l0, density]));
    expect(registry.get("l0")).toBe(l0);
    expect(registry.names).toEqual(["density", "l0"]);
    expect(registry.values).toEqual([density, l0]);
    expect([registry.has("l0"), registry.has("L0"), registry.has("constructor")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("names the nearest of what it knows", () => {
    expect(() => create([metric("density"), metric("l0")]).get("densty")).toThrow(
      '[core] registry.get(): no metric is named "densty"; did you mean "density"? Known: density, l0',
    );
    expect(() => create([]).get("l0")).toThrow(expect.objectContaining({ code: "unknown-metric" }));
  });

  test("refuses two of one name", () => {
    expect(() => create([metric("l0"), metric("l0")])).toThrow(
      expect.objectContaining({ code: "duplicate-metric", message: expect.stringContaining('named "l0"') }),
    );
  });

  test("refuses what was made against another contract", () => {
    expect(() => create([metric("l0", 2)])).toThrow(
      expect.objectContaining({
        code: "foreign-spec-version",
        message: expect.stringContaining("contract version 2, expected 1"),
      }),
    );
  });

  test("cannot be changed", () => {
    expect(Object.isFrozen(create([metric("l0")]))).toBe(true);
  });
});

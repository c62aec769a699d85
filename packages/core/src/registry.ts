import { PlumblineError } from "./errors/plumbline-error.ts";
import { unknownNameError } from "./errors/unknown-name-error.ts";

/** Values by name, made by whoever needs to look them up; nothing registers itself. */
export interface Registry<V> {
  readonly names: readonly string[];
  /** @throws PlumblineError `unknown-<kind>` listing the known names and the nearest one */
  get(name: string): V;
  has(name: string): boolean;
  readonly values: readonly V[];
}

/**
 * Collects plugins of one kind under their names.
 *
 * @throws PlumblineError `duplicate-<kind>` for two of one name, `foreign-spec-version` for one made against another contract
 * @example
 * import { createRegistry } from "@plumbline/core";
 *
 * const registry = createRegistry({ kind: "metric", specVersion: 1, nameOf: (m) => m.name }, [{ name: "l0", specVersion: 1 }]);
 * console.log(registry.get("l0").name); // l0
 */
export function createRegistry<V extends { readonly specVersion: number }>(
  options: { kind: string; specVersion: number; nameOf: (value: V) => string },
  values: Iterable<V>,
): Registry<V> {
  const byName = new Map<string, V>();
  for (const value of values) {
    const name = options.nameOf(value);
    if (value.specVersion !== options.specVersion) {
      throw new PlumblineError({
        code: "foreign-spec-version",
        kind: "usage",
        message: `[core] createRegistry(): ${options.kind} "${name}" follows contract version ${value.specVersion}, expected ${options.specVersion}`,
        hint: "install versions of the package and of @plumbline/core that fit each other",
      });
    }
    if (byName.has(name)) {
      throw new PlumblineError({
        code: `duplicate-${options.kind.replaceAll(" ", "-")}`,
        kind: "usage",
        message: `[core] createRegistry(): two ${options.kind}s are named "${name}"`,
        hint: "rename one or hand in only one",
      });
    }
    byName.set(name, value);
  }
  const names = [...byName.keys()].sort();
  return Object.freeze({
    names,
    values: names.map((name) => byName.get(name) as V),
    has: (name: string) => byName.has(name),
    get: (name: string) => {
      const value = byName.get(name);
      if (value === undefined) {
        throw unknownNameError({ kind: options.kind, name, known: names, from: "[core] registry.get()" });
      }
      return value;
    },
  });
}

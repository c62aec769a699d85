import type { EngineState, NamedArray } from "@plumbline/core";

/** Prefix of the meta SAE's arrays in a joint state; the primary's keep their names. */
const prefix = "meta/";

/** Arrays of both engines under names that do not meet. */
export function joinArrays(primary: EngineState, meta: EngineState): Record<string, NamedArray> {
  const renamed = Object.entries(meta.arrays).map(([name, array]) => [`${prefix}${name}`, array] as const);
  return { ...primary.arrays, ...Object.fromEntries(renamed) };
}

/** The inverse of {@link joinArrays}. */
export function splitArrays(arrays: EngineState["arrays"]): {
  readonly primary: Record<string, NamedArray>;
  readonly meta: Record<string, NamedArray>;
} {
  const entries = Object.entries(arrays);
  return {
    primary: Object.fromEntries(entries.filter(([name]) => !name.startsWith(prefix))),
    meta: Object.fromEntries(
      entries
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, array]) => [name.slice(prefix.length), array]),
    ),
  };
}
